package nudges

import (
	"time"

	"github.com/kierto/kierto/internal/web"
)

// How often one address may open and use links. A mail program that looks at
// every link of a letter stays below.
const (
	tapBurst = 40
	tapEach  = 2 * time.Second
)

// Web registers the routes of reminders.
func (s *Service) Web(r *web.Server) {
	often := web.Limit(tapBurst, tapEach)
	r.GET(linkPath+":token", web.Anyone, s.getLink, often)
	r.POST(linkPath+":token", web.Anyone, s.postLink, often)
	r.POST("/orders/:id/reminders", web.Party, s.postReminders)
}
