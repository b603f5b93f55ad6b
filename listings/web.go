package listings

import (
	"net/http"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
)

// How often one visitor may search, save and upload.
const (
	browseBurst, browseEach = 120, 100 * time.Millisecond
	saveBurst, saveEach     = 60, time.Second
	uploadBurst, uploadEach = 30, 3 * time.Second
)

// Web registers the routes.
func (s *Service) Web(r *web.Server) {
	searching, saving := web.Limit(browseBurst, browseEach), web.Limit(saveBurst, saveEach)
	uploading := web.Limit(uploadBurst, uploadEach)
	r.GET("/", web.Anyone, s.getBrowse, onlySearches(searching), web.Micro())
	r.GET("/listings/:id", web.Anyone, s.getListing, web.Micro())
	r.POST("/listings/:id/favourite", web.SignedIn, s.postFavourite, saving)
	r.GET("/photos/:name", web.Anyone, s.getPhoto)
	r.GET("/sitemap.xml", web.Anyone, s.getSitemap)
	r.GET("/robots.txt", web.Anyone, getRobots)

	r.GET("/sell", web.SignedIn, s.getSellNew)
	r.POST("/sell", web.SignedIn, s.postSellNew, saving)
	r.GET("/sell/:id", web.Party, s.getSell)
	for path, h := range map[string]web.Handler{"": s.postSave, "/draft": s.postDraft, "/fields": s.postFields, "/publish": s.postPublish} {
		r.Upload("/sell/:id"+path, web.Party, h, notSuspended, saving)
	}
	for path, h := range map[string]web.Handler{
		"/withdraw":              s.postWithdraw,
		"/relist":                s.postRelist,
		"/sold":                  s.postSold,
		"/discard":               s.postDiscard,
		"/photos/order":          s.changed(s.setOrder),
		"/photos/:photo/earlier": s.changed(s.moveEarlier),
		"/photos/:photo/remove":  s.changed(s.takeAway),
	} {
		r.POST("/sell/:id"+path, web.Party, h, notSuspended, saving)
	}
	r.Upload("/sell/:id/photos", web.Party, s.postPhotos, notSuspended, uploading)

	r.GET("/account/listings", web.SignedIn, s.getMine)
	r.GET("/favourites", web.SignedIn, s.getFavourites)
	r.GET("/searches", web.SignedIn, s.getSearches)
	r.POST("/searches", web.SignedIn, s.postSearch, saving)
	r.POST("/searches/:id/drop", web.SignedIn, s.postSearchDrop)
	r.POST("/people/:id/follow", web.SignedIn, s.postFollow, saving)
}

// me is the reader's account.
func me(c *web.Ctx) accounts.UserID { return accounts.UserID(c.Reader.ID) }

// listingID is the listing of the request.
func listingID(c *web.Ctx) ID { return ID(c.Param("id")) }

// notSuspended keeps suspended members from selling; what they have is theirs to
// look at.
func notSuspended(next web.Handler) web.Handler {
	return func(c *web.Ctx) error {
		if c.Reader.Suspended {
			return fault.New(fault.Forbidden, "web.suspended")
		}
		return next(c)
	}
}

// onlySearches limits those requests of the browse page that search for words.
func onlySearches(limit web.Guard) web.Guard {
	return func(next web.Handler) web.Handler {
		limited := limit(next)
		return func(c *web.Ctx) error {
			if c.QueryParam("q") != "" {
				return limited(c)
			}
			return next(c)
		}
	}
}

// photoKept is how long a browser keeps a photo: its name says what is in it, so
// it never changes.
const photoKept = "public, max-age=31536000, immutable"

// getPhoto serves one size of a photo. Nothing else is ever served.
func (s *Service) getPhoto(c *web.Ctx) error {
	f, err := s.openPhoto(c.Request().Context(), c.Param("name"))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	h := c.Response().Header()
	h.Set("Content-Type", "image/jpeg")
	h.Set("Cache-Control", photoKept)
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // letters show it too, wherever they are read
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, f)
	return nil
}
