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
	r.POST("/desk/orders/:id/take-over", web.Operator, s.postHand(false))
	r.POST("/desk/orders/:id/hand-back", web.Operator, s.postHand(true))
	r.GET("/desk/cases", web.Operator, s.getCases)
	r.GET("/desk/cases/:id", web.Operator, s.getCase)
	r.POST("/desk/cases/:id", web.Operator, s.postCase)
	r.POST("/desk/cases/:id/close", web.Operator, s.postClose)
	r.GET("/desk/reports", web.Operator, s.getReports)
	r.GET("/desk/reports/:id", web.Operator, s.getReport)
	r.POST("/desk/reports/:id", web.Operator, s.postReport)
	r.GET("/desk/listings", web.Operator, s.getListings)
	r.GET("/desk/listings/:id", web.Operator, s.getListing)
	r.POST("/desk/listings/:id/hide", web.Operator, s.postHide(true))
	r.POST("/desk/listings/:id/show", web.Operator, s.postHide(false))
	r.GET("/desk/people", web.Operator, s.getPeople)
	r.GET("/desk/people/:id", web.Operator, s.getPerson)
	r.POST("/desk/people/:id/suspend", web.Operator, s.postSuspend(true))
	r.POST("/desk/people/:id/restore", web.Operator, s.postSuspend(false))
	r.GET("/desk/calls", web.Operator, s.getCalls)
	r.POST("/desk/calls/:id", web.Operator, s.postCall)
	r.GET("/desk/policy", web.Operator, s.getPolicies)
	r.POST("/desk/policy", web.Operator, s.postPolicy)
	r.GET("/desk/policy/:id", web.Operator, s.getVersion)
	r.GET("/desk/policy/:id/edit", web.Operator, s.getDraft)
	r.POST("/desk/policy/:id/edit", web.Operator, s.postDraft)
	r.POST("/desk/policy/:id/live", web.Operator, s.postLive)
	r.GET("/desk/effect", web.Operator, s.getEffect)
	r.GET("/desk/effect.csv", web.Operator, s.getEffectCSV)
	r.GET("/desk/ledger", web.Operator, s.getLedger)
	r.GET("/desk/audit", web.Operator, s.getAudit)
}
