package desk

import (
	"github.com/kierto/kierto/internal/web"
)

// Web registers the routes of the desk, all of them for operators alone.
func (s *Service) Web(r *web.Server) {
	r.GET("/desk", web.Operator, s.getQueue)
	r.GET("/desk/orders/:id", web.Operator, s.getTrade)
	r.POST("/desk/orders/:id/message", web.Operator, s.postMessage)
	for _, a := range append([]act{{Event: retry, Money: true}}, acts...) {
		path := "/desk/orders/:id/" + string(a.Event)
		r.GET(path, web.Operator, s.getAct(a))
		r.POST(path, web.Operator, s.postAct(a))
	}
}
