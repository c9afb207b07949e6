package commerce

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// ErrCursor refuses a cursor that was not given to this caller for this list.
var ErrCursor = errs.New(errs.Malformed, "cursor_invalid", "This page address does not belong to this list. Start again at its first page.")

// position is where a page ends. Its text is authenticated for the caller and the filter, so that nobody can make one.
type position struct{ placedAt, num int64 }

const macSize = 16

func (p position) sign(v *op.View, filter any) (string, error) {
	b := binary.BigEndian.AppendUint64(nil, uint64(p.placedAt))
	b = binary.BigEndian.AppendUint64(b, uint64(p.num))
	mac, err := macOf(v, filter, b)
	return base64.RawURLEncoding.EncodeToString(append(b, mac...)), err
}

func openCursor(v *op.View, filter any, text string) (p position, err error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != 16+macSize {
		return p, ErrCursor
	}
	mac, err := macOf(v, filter, b[:16])
	if err != nil {
		return p, err
	}
	if !hmac.Equal(mac, b[16:]) {
		return p, ErrCursor
	}
	return position{int64(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint64(b[8:]))}, nil
}

func macOf(v *op.View, filter any, body []byte) ([]byte, error) {
	f, err := json.Marshal(filter)
	if err != nil {
		return nil, err
	}
	return v.MAC("order.cursor", []byte(v.Caller().Kind), []byte(v.Caller().ID), f, body)[:macSize], nil
}
