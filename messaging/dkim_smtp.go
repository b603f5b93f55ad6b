package messaging

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
	mail "github.com/wneessen/go-mail"
)

// DKIM signs e-mail, so that those who get it know that it is ours and that its
// headers, those to unsubscribe by among them, are as we wrote them.
type DKIM struct {
	domain, selector string
	key              crypto.Signer
}

// NewDKIM signs for a domain whose DNS holds the public key at
// <selector>._domainkey. key is PEM, RSA or Ed25519.
func NewDKIM(domain, selector string, key []byte) (*DKIM, error) {
	if domain == "" || selector == "" {
		return nil, errors.New("messaging: signing needs a domain and a selector")
	}
	block, _ := pem.Decode(key)
	if block == nil {
		return nil, errors.New("messaging: the key is not PEM")
	}
	var parsed any
	var err error
	if block.Type == "RSA PRIVATE KEY" {
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	} else {
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, fmt.Errorf("messaging: the key cannot be read: %w", err)
	}
	signer, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, errors.New("messaging: the key cannot sign")
	}
	d := &DKIM{domain: domain, selector: selector, key: signer}
	return d, dkim.Sign(&bytes.Buffer{}, bytes.NewReader([]byte("From: a@b.example\r\n\r\n")), d.options()) // that it can
}

func (d *DKIM) options() *dkim.SignOptions {
	return &dkim.SignOptions{
		Domain: d.domain, Selector: d.selector, Signer: d.key, Hash: crypto.SHA256,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	}
}

// sign adds a signature over all headers and the body. The mail is written twice,
// so what would differ from one time to the next is fixed first.
func (d *DKIM) sign(msg *mail.Msg, id string) error {
	sum := sha256.Sum256([]byte(id))
	msg.SetBoundary(hex.EncodeToString(sum[:]))
	s, err := dkim.NewSigner(d.options())
	if err != nil {
		return err
	}
	if _, err := msg.WriteTo(s); err != nil {
		return errors.Join(err, s.Close())
	}
	if err := s.Close(); err != nil {
		return err
	}
	msg.SetGenHeaderPreformatted("DKIM-Signature", strings.TrimSpace(strings.TrimPrefix(s.Signature(), "DKIM-Signature:")))
	return nil
}
