package messaging

import (
	"bytes"
	"errors"
	"io"
	"net/mail"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"github.com/jhillyerd/enmime/v2"
	"golang.org/x/net/html"
)

// Limits of a mail that comes in.
const (
	maxMailPhotos  = 4         // pictures taken from one mail
	minMailPhoto   = 16 << 10  // bytes; a smaller picture is part of a signature
	maxMailHTML    = 512 << 10 // bytes of HTML that are read
	maxHeaderChars = 998       // of a header we look at
	maxMultiparts  = 16        // parts that hold parts; the parser calls itself for each
)

// letterIn is a mail that came in, as far as we look at it.
type letterIn struct {
	From      string // the one address of the header
	Subject   string
	MessageID string            // without brackets
	Header    map[string]string // those that tell a machine's mail from a person's
	Text      string            // its words, still with what it quotes
	Photos    []mailPhoto
}

// mailPhoto is a picture of a mail. One within its text may be somebody's photo,
// or the logo of their firm.
type mailPhoto struct {
	raw    []byte
	within bool
}

// errBadMail is returned for a mail that cannot be read.
var errBadMail = errors.New("messaging: not a mail that can be read")

// machineHeaders are the headers that tell a machine's mail from a person's.
var machineHeaders = []string{
	"Auto-Submitted", "Precedence", "X-Autoreply", "X-Autorespond", "X-Autoresponse", "X-Auto-Reply", "List-Id", "List-Post",
	"List-Unsubscribe", "List-Help", "X-Loop", "Feedback-Id", "X-Failed-Recipients", "Content-Type",
}

// readLetter reads a mail. Whatever is wrong with it ends in errBadMail or in
// fewer words, never in a panic.
func readLetter(raw []byte) (l letterIn, err error) {
	defer func() {
		if p := recover(); p != nil { // somebody else's parser, and anybody's mail
			err = errBadMail
		}
	}()
	if bytes.Count(bytes.ToLower(raw), []byte("multipart/")) > maxMultiparts {
		return l, errBadMail
	}
	e, err := enmime.NewParser(enmime.MaxStoredPartErrors(20), enmime.SkipMalformedParts(true), enmime.DisableTextConversion(true)).ReadEnvelope(bytes.NewReader(raw))
	if err != nil {
		return l, errBadMail
	}
	l.Subject = oneLine(e.GetHeader("Subject"), maxHeaderChars)
	l.MessageID = strings.Trim(oneLine(e.GetHeader("Message-Id"), maxHeaderChars), "<> ")
	l.Header = map[string]string{}
	for _, k := range machineHeaders {
		if v := e.GetHeader(k); v != "" {
			l.Header[k] = oneLine(v, maxHeaderChars)
		}
	}
	if froms := e.GetHeaderValues("From"); len(froms) == 1 {
		if as, err := mail.ParseAddressList(froms[0]); err == nil && len(as) == 1 {
			l.From = as[0].Address
		}
	}
	l.Text = plainText(e)
	for i, p := range append(e.Attachments, e.Inlines...) {
		if strings.HasPrefix(p.ContentType, "image/") && len(p.Content) >= minMailPhoto && len(l.Photos) < maxMailPhotos {
			l.Photos = append(l.Photos, mailPhoto{p.Content, i >= len(e.Attachments)})
		}
	}
	return l, nil
}

// plainText is the words of a mail: its plain part, or its HTML without tags
// when there is none.
func plainText(e *enmime.Envelope) string {
	plain := e.Root.BreadthMatchFirst(func(p *enmime.Part) bool {
		return p.ContentType == "text/plain" && p.Disposition != "attachment"
	})
	if plain != nil && strings.TrimSpace(string(plain.Content)) != "" {
		return string(plain.Content)
	}
	if e.Root.ContentType == "" {
		return e.Text
	}
	return htmlWords(e.HTML)
}

// quotedHTML are what mail programs put around what they quote, and around
// signatures.
const quotedHTML = "blockquote, .gmail_quote, .gmail_quote_container, .gmail_signature, .moz-cite-prefix, .moz-signature, .yahoo_quoted, " +
	"#divRplyFwdMsg, #divRplyFwdMsg ~ *, #appendonsend, #appendonsend ~ *, #mail-editor-reference-message-container, script, style, head, title, template"

// htmlWords is HTML as plain text, without what it quotes as far as the program
// marked that.
func htmlWords(s string) string {
	doc, err := goquery.NewDocumentFromReader(io.LimitReader(strings.NewReader(s), maxMailHTML))
	if err != nil {
		return ""
	}
	doc.Find(quotedHTML).Remove()
	var b strings.Builder
	for _, n := range doc.Nodes {
		writeWords(&b, n)
	}
	return b.String()
}

// blocks are the elements that begin and end a line.
var blocks = map[string]bool{
	"p": true, "div": true, "li": true, "ul": true, "ol": true, "tr": true, "table": true, "h1": true, "h2": true, "h3": true,
	"h4": true, "pre": true, "section": true, "article": true, "hr": true, "body": true,
}

// writeWords writes the text below n. It walks without recursion: a mail may
// nest as deep as it likes.
func writeWords(b *strings.Builder, root *html.Node) {
	line := func() {
		if b.Len() > 0 && !strings.HasSuffix(b.String(), "\n") {
			b.WriteByte('\n')
		}
	}
	for n := root; n != nil; {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(strings.Join(strings.FieldsFunc(n.Data, func(r rune) bool { return r == '\n' || r == '\r' || r == '\t' }), " "))
		case n.Data == "br":
			b.WriteByte('\n')
		case blocks[n.Data]:
			line()
		}
		if n.FirstChild != nil {
			n = n.FirstChild
			continue
		}
		for n != nil && n != root && n.NextSibling == nil {
			if n = n.Parent; n != nil && n.Type == html.ElementNode && blocks[n.Data] {
				line()
				if n.Data == "p" {
					b.WriteByte('\n')
				}
			}
		}
		if n == nil || n == root {
			return
		}
		n = n.NextSibling
	}
}
