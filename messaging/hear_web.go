package messaging

import (
	"io"
	"net/http"
	"net/url"

	"github.com/kierto/kierto/internal/web"
)

// maxCall is the largest body of a call to a webhook, in bytes.
const maxCall = 1 << 20

// webHear registers the webhooks of those who carry short messages.
func (s *Service) webHear(r *web.Server) {
	sms := func(c *web.Ctx) error { return s.called(c, s.SMS) }
	r.POST("/webhooks/sms", web.Machine, sms)
	r.POST("/webhooks/sms/:secret", web.Machine, sms)
	r.GET("/webhooks/whatsapp", web.Machine, s.getChallenge)
	r.POST("/webhooks/whatsapp", web.Machine, func(c *web.Ctx) error { return s.called(c, s.WhatsApp) })
}

// called takes a provider's call. Anything but 2xx makes it call again.
func (s *Service) called(c *web.Ctx, by Texter) error {
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, maxCall))
	if err != nil {
		return err
	}
	call := Call{Header: c.Request().Header, Secret: c.Param("secret"), Query: flat(c.QueryParams()), Body: body}
	if err := s.hear(c.Request().Context(), by, call); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// getChallenge proves to WhatsApp that the webhook is ours.
func (s *Service) getChallenge(c *web.Ctx) error {
	by, ok := s.WhatsApp.(interface {
		Challenge(query map[string]string) (string, error)
	})
	if !ok {
		return missing()
	}
	answer, err := by.Challenge(flat(c.QueryParams()))
	if err != nil {
		return missing()
	}
	return c.String(http.StatusOK, answer)
}

// flat is the first value of each parameter.
func flat(v url.Values) map[string]string {
	out := make(map[string]string, len(v))
	for k := range v {
		out[k] = v.Get(k)
	}
	return out
}
