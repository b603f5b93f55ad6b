package listings

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/kierto/kierto/internal/web"
)

// sitemapPage is how many places of publication one page of the sitemap covers.
const sitemapPage = 10_000

// sitemapKept is how long search engines may keep the sitemap.
const sitemapKept = "public, max-age=3600"

const xmlType = "application/xml; charset=utf-8"

// getSitemap is the index of the sitemap, or with ?page=n one of its pages.
func (s *Service) getSitemap(c *web.Ctx) error {
	ctx := c.Request().Context()
	last, err := lastSeq(ctx, s.DB)
	if err != nil {
		return err
	}
	pages := (last + sitemapPage - 1) / sitemapPage
	c.Response().Header().Set("Cache-Control", sitemapKept)
	base := c.Frame("").Base
	n := int64(0)
	if c.QueryParam("page") == "" {
		var b strings.Builder
		b.WriteString(xml.Header + `<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">` + "\n")
		for n := range pages {
			fmt.Fprintf(&b, "<sitemap><loc>%s/sitemap.xml?page=%d</loc></sitemap>\n", base, n+1)
		}
		b.WriteString("</sitemapindex>\n")
		return c.Blob(http.StatusOK, xmlType, []byte(b.String()))
	}
	if _, err := fmt.Sscan(c.QueryParam("page"), &n); err != nil || n < 1 || n > pages {
		return errNone()
	}
	rows, err := sitemap(ctx, s.DB, (n-1)*sitemapPage+1, n*sitemapPage+1)
	if err != nil {
		return err
	}
	return writeSitemap(c, base, rows)
}

// writeSitemap sends a page of the sitemap as it is written.
func writeSitemap(c *web.Ctx, base string, rows []sitemapRow) error {
	w := c.Response()
	w.Header().Set("Content-Type", xmlType)
	w.WriteHeader(http.StatusOK)
	if _, err := fmt.Fprint(w, xml.Header+`<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">`+"\n"); err != nil {
		return nil // the reader left
	}
	for _, r := range rows {
		if _, err := fmt.Fprintf(w, "<url><loc>%s/listings/%s</loc><lastmod>%s</lastmod></url>\n", base, r.ID, r.UpdatedAt.Time().Format(time.DateOnly)); err != nil {
			return nil
		}
	}
	_, _ = fmt.Fprint(w, "</urlset>\n")
	return nil
}

// privatePaths are what search engines need not look at.
var privatePaths = []string{"/account", "/desk", "/inbox", "/orders", "/sell", "/notices", "/favourites", "/searches", "/reports", "/language", "/*?*after="}

// getRobots tells search engines where to look.
func getRobots(c *web.Ctx) error {
	var b strings.Builder
	b.WriteString("User-agent: *\n")
	for _, p := range privatePaths {
		b.WriteString("Disallow: " + p + "\n")
	}
	b.WriteString("Sitemap: " + c.Frame("").Base + "/sitemap.xml\n")
	c.Response().Header().Set("Cache-Control", sitemapKept)
	return c.String(http.StatusOK, b.String())
}
