package web

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
)

const (
	flashCookie = "kierto_flash"
	langCookie  = "kierto_lang"
	flashMaxAge = 60                 // seconds
	langMaxAge  = 365 * 24 * 60 * 60 // seconds
)

// Flash keeps a sentence for the next page.
func (c *Ctx) Flash(key string, pairs ...any) { c.setFlash(Flash{Text: c.Say.T(key, pairs...)}) }

// FlashUndo is Flash with a button that undoes, by a POST to undoURL.
func (c *Ctx) FlashUndo(undoURL, key string, pairs ...any) {
	c.setFlash(Flash{Text: c.Say.T(key, pairs...), UndoURL: undoURL})
}

func (c *Ctx) setFlash(f Flash) {
	raw, err := json.Marshal(f)
	if err != nil {
		return
	}
	c.SetCookie(c.srv.cookie(c.srv.flashName(), base64.RawURLEncoding.EncodeToString(raw), flashMaxAge))
}

// flashName is the sentence's cookie: with TLS one that no neighbouring site of
// the same domain can set.
func (s *Server) flashName() string {
	if s.secure() {
		return "__Host-" + flashCookie
	}
	return flashCookie
}

// SetLang remembers in the browser which language to speak.
func (c *Ctx) SetLang(lang string) { c.SetCookie(c.srv.cookie(langCookie, lang, langMaxAge)) }

// takeFlash reads the sentence once. The text is escaped like any other, and
// the undo address must be local, so a forged cookie shows only its forger a
// sentence.
func (c *Ctx) takeFlash() *Flash {
	k, err := c.Cookie(c.srv.flashName())
	if err != nil || k.Value == "" {
		return nil
	}
	c.SetCookie(c.srv.cookie(c.srv.flashName(), "", -1))
	raw, err := base64.RawURLEncoding.DecodeString(k.Value)
	if err != nil {
		return nil
	}
	var f Flash
	if json.Unmarshal(raw, &f) != nil || f.Text == "" {
		return nil
	}
	f.UndoURL = Local(f.UndoURL, "")
	return &f
}

// cookie is a cookie of ours: this site only, not readable by script.
func (s *Server) cookie(name, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: s.secure(), SameSite: http.SameSiteLaxMode,
	}
}
