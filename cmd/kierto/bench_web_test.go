package main

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"
)

// bareEcho is an Echo server that answers everything with the same bytes and
// does nothing else: what a page costs that costs nothing.
func bareEcho(page []byte) http.Handler {
	e := echo.New()
	e.GET("/*", func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderContentLength, strconv.Itoa(len(page)))
		return c.HTMLBlob(http.StatusOK, page)
	})
	return e
}
