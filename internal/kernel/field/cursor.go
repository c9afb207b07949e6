package field

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// ErrCursor refuses a cursor that was not made for this caller, list, filters and order.
var ErrCursor = errs.New(errs.Malformed, "cursor", "This page link was not made for this list, these filters, or you. Start again at the first page.")

// Cursor is a place in a list: just behind a row, or just before it.
type Cursor struct {
	Before bool   // the page that ends before the row, else the one that begins behind it
	Num    int64  // of the row
	Key    int64  // what the list is sorted by, if that is a number
	Text   string // and if it is text
}

// Signer signs parts for a purpose: op.View.MAC.
type Signer func(purpose string, parts ...[]byte) []byte

const macBytes = 16

// Seal writes a cursor. For is who it is for and what the list is of: the caller and the brand. A cursor for a list sorted by name
// has the name of its row in it, readable: it is signed, not secret, and shows nothing that the page did not.
func (v *Visible[R]) Seal(sign Signer, r *Request, c Cursor, who, of string) string {
	body := c.body()
	return base64.RawURLEncoding.EncodeToString(append(v.mac(sign, r, body, who, of), body...))
}

// Open reads the request's cursor; nil when it has none.
func (v *Visible[R]) Open(sign Signer, r *Request, who, of string) (*Cursor, error) {
	if r.Cursor == "" {
		return nil, nil //nolint:nilnil // the first page has no cursor, and that is no error
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(r.Cursor)
	if err != nil || len(raw) < macBytes+17 || len(raw) > 2000 {
		return nil, ErrCursor
	}
	mac, body := raw[:macBytes], raw[macBytes:]
	if !hmac.Equal(mac, v.mac(sign, r, body, who, of)) {
		return nil, ErrCursor
	}
	return &Cursor{
		Before: body[0] == 1, Num: int64(binary.BigEndian.Uint64(body[1:])), Key: int64(binary.BigEndian.Uint64(body[9:])), Text: string(body[17:]),
	}, nil
}

func (c Cursor) body() []byte {
	body := []byte{0}
	if c.Before {
		body[0] = 1
	}
	body = binary.BigEndian.AppendUint64(body, uint64(c.Num))
	body = binary.BigEndian.AppendUint64(body, uint64(c.Key))
	return append(body, c.Text...)
}

func (v *Visible[R]) mac(sign Signer, r *Request, body []byte, who, of string) []byte {
	return sign("list cursor", []byte(v.list.Name), []byte(who), []byte(of), []byte(r.meaning()), body)[:macBytes]
}
