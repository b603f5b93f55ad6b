package push

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"time"

	"github.com/kierto/kierto/internal/clock"
)

// Sizes of RFC 8188 and 8291, in bytes.
const (
	saltSize   = 16
	authSize   = 16
	headSize   = saltSize + 4 + 1 // salt, record size, length of the key
	minRecord  = 18
	longestJWT = 24 * time.Hour // how far ahead a sender's token may end
)

// browser is what decrypts: a key pair and the secret shared with the site.
type browser struct {
	key  *ecdh.PrivateKey
	auth []byte
}

// browserOf makes a browser's keys from a seed and its name.
func browserOf(seed, name string) (browser, error) {
	for n := byte(0); ; n++ { // all but one in 2³² tries is a key
		raw, err := hkdf.Key(sha256.New, []byte(seed), []byte{n}, "browser "+name, 32+authSize)
		if err != nil {
			return browser{}, err
		}
		if key, err := ecdh.P256().NewPrivateKey(raw[:32]); err == nil {
			return browser{key: key, auth: raw[32:]}, nil
		}
	}
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

var errBroken = errors.New("not a message for this browser")

// decrypt opens an aes128gcm message of one record (RFC 8188) whose key is
// agreed as of RFC 8291.
func (b browser) decrypt(body []byte) ([]byte, error) {
	if len(body) < headSize {
		return nil, errBroken
	}
	salt, size, keyLen := body[:saltSize], binary.BigEndian.Uint32(body[saltSize:]), int(body[headSize-1])
	if len(body) < headSize+keyLen || size < minRecord || uint64(len(body)-headSize-keyLen) > uint64(size) {
		return nil, errBroken
	}
	sender, err := ecdh.P256().NewPublicKey(body[headSize : headSize+keyLen])
	if err != nil {
		return nil, errBroken
	}
	shared, err := b.key.ECDH(sender)
	if err != nil {
		return nil, errBroken
	}
	info := "WebPush: info\x00" + string(b.key.PublicKey().Bytes()) + string(sender.Bytes())
	ikm, err := hkdf.Key(sha256.New, shared, b.auth, info, sha256.Size)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	plain, err := gcm.Open(nil, nonce, body[headSize+keyLen:], nil)
	if err != nil {
		return nil, errBroken
	}
	plain = bytes.TrimRight(plain, "\x00")
	if len(plain) == 0 || plain[len(plain)-1] != 2 { // the mark of the last record
		return nil, errBroken
	}
	return plain[:len(plain)-1], nil
}

var errSender = errors.New("the sender does not prove itself")

// verify checks a sender's token (RFC 8292) for origin and says how the sender
// can be reached. key is the one it has to be signed with, unless it is "".
func verify(header, origin, key string) (string, error) {
	token, k, ok := strings.Cut(strings.TrimPrefix(header, "vapid t="), ", k=")
	if !ok || !strings.HasPrefix(header, "vapid t=") || key != "" && k != key {
		return "", errSender
	}
	raw, err := base64.RawURLEncoding.DecodeString(k)
	if err != nil {
		return "", errSender
	}
	pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
	if err != nil {
		return "", errSender
	}
	at := strings.LastIndexByte(token, '.')
	if at < 0 {
		return "", errSender
	}
	sig, err := base64.RawURLEncoding.DecodeString(token[at+1:])
	if err != nil || len(sig) != 64 {
		return "", errSender
	}
	sum := sha256.Sum256([]byte(token[:at]))
	if !ecdsa.Verify(pub, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
		return "", errSender
	}
	return claims(token[:at], origin)
}

// claims reads a token whose signature is right.
func claims(token, origin string) (string, error) {
	head, body, _ := strings.Cut(token, ".")
	var alg struct{ Alg string }
	var c struct {
		Aud, Sub string
		Exp      int64
	}
	for part, into := range map[string]any{head: &alg, body: &c} {
		raw, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil || json.Unmarshal(raw, into) != nil {
			return "", errSender
		}
	}
	now := clock.Wall() // the sender's library knows no other
	exp := time.Unix(c.Exp, 0)
	if alg.Alg != "ES256" || c.Aud != origin || !exp.After(now) || exp.After(now.Add(longestJWT)) ||
		!strings.HasPrefix(c.Sub, "mailto:") && !strings.HasPrefix(c.Sub, "https://") {
		return "", errSender
	}
	return c.Sub, nil
}
