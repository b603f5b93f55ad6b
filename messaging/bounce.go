package messaging

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/textproto"
	"regexp"
	"strings"
)

// Limits of reading a report about a mail.
const (
	maxReportParts = 10        // parts of a report that are looked at
	maxReportBytes = 128 << 10 // of the part that machines read
	maxReportGroup = 20        // recipients in it
)

// bounceKind is what a report says of a mail.
type bounceKind int

const (
	noBounce bounceKind = iota // nothing: it is no report, or all is well
	delayed                    // it may still arrive
	returned                   // it will not arrive
	dead                       // nor will any other at that address
)

// bounce is what a report says, and why.
type bounce struct {
	kind   bounceKind
	reason string
}

// enhanced is a status code of RFC 3463.
var enhanced = regexp.MustCompile(`\b([245])\.(\d{1,3})\.(\d{1,3})\b`)

// deadCodes are the codes of an address where nothing arrives: no such mailbox
// or host, moved away, disabled, or not taking mail at all.
var deadCodes = map[string]bool{
	"5.1.0": true, "5.1.1": true, "5.1.2": true, "5.1.3": true, "5.1.6": true, "5.1.10": true, "5.2.1": true,
}

// readBounce reads a report of RFC 3464. What is none says nothing.
func readBounce(raw []byte) bounce {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return bounce{}
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/report" || params["boundary"] == "" {
		return bounce{}
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for range maxReportParts {
		p, err := parts.NextRawPart()
		if err != nil {
			return bounce{}
		}
		if kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type")); kind != "message/delivery-status" && kind != "message/global-delivery-status" {
			continue
		}
		var body io.Reader = p
		if strings.EqualFold(p.Header.Get("Content-Transfer-Encoding"), "base64") {
			body = base64.NewDecoder(base64.StdEncoding, p)
		}
		return readStatus(io.LimitReader(body, maxReportBytes))
	}
	return bounce{}
}

// readStatus reads the part that machines read: a group of fields about the
// mail, then one for each recipient. The worst of them counts; ours have one.
func readStatus(r io.Reader) (worst bounce) {
	in := textproto.NewReader(bufio.NewReader(r))
	for range maxReportGroup {
		h, err := in.ReadMIMEHeader()
		if b := readRecipient(h); b.kind > worst.kind {
			worst = b
		}
		if err != nil && (len(h) == 0 || errors.Is(err, io.EOF)) {
			break
		}
	}
	return worst
}

// readRecipient reads what became of a mail for one recipient.
func readRecipient(h textproto.MIMEHeader) bounce {
	said := oneLine(h.Get("Diagnostic-Code"), maxReason)
	code := enhanced.FindString(h.Get("Status"))
	if code == "" || strings.HasSuffix(code, ".0.0") { // the server's own words know more
		if better := enhanced.FindString(said); better != "" {
			code = better
		}
	}
	b := bounce{reason: clip(strings.TrimSpace(code+" "+said), maxReason)}
	switch strings.ToLower(strings.TrimSpace(h.Get("Action"))) {
	case "delayed":
		b.kind = delayed
	case "failed":
		b.kind = returned
		if deadCodes[code] {
			b.kind = dead
		}
	}
	return b
}
