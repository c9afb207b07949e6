package api

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"

	"github.com/stewardhq/steward/internal/kernel/field"
)

const macBytes = 16

// paged cuts a page out of a list that is short enough to be read whole: places, keys, roles. The cursor is the last entry of the
// page before, with its place in case it is gone by now.
func paged[T any](c *Call, all []T, p Page, id func(*T) string, filter string) (List[T], error) {
	size, err := p.size()
	if err != nil {
		return List[T]{}, err
	}
	l := List[T]{Data: []T{}}
	if p.wantsTotal() {
		n := int64(len(all))
		l.Sum = &n
	}
	begin := 0
	if p.Cursor != "" {
		at, last, err := c.openCursor(p.Cursor, filter)
		if err != nil {
			return List[T]{}, err
		}
		begin = min(at, len(all))
		for i := range all {
			if id(&all[i]) == last {
				begin = i + 1
			}
		}
	}
	end := min(begin+size, len(all))
	l.Data = append(l.Data, all[begin:end]...)
	if end < len(all) {
		next := c.sealCursor(end, id(&all[end-1]), filter)
		l.Next = &next
	}
	return l, nil
}

// sealCursor writes a place in a list, for this caller, this route and this filter.
func (c *Call) sealCursor(at int, last, filter string) string {
	body := append(binary.BigEndian.AppendUint64(nil, uint64(at)), last...) //nolint:gosec // places are never negative
	return base64.RawURLEncoding.EncodeToString(append(c.macOf(body, filter), body...))
}

func (c *Call) openCursor(cursor, filter string) (at int, last string, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(raw) < macBytes+8 || len(raw) > 500 || !hmac.Equal(raw[:macBytes], c.macOf(raw[macBytes:], filter)) {
		return 0, "", field.ErrCursor
	}
	return int(binary.BigEndian.Uint64(raw[macBytes:])), string(raw[macBytes+8:]), nil
}

func (c *Call) macOf(body []byte, filter string) []byte {
	return c.Master.MAC("api cursor", []byte(c.Caller.ID), []byte(c.route.pattern), []byte(filter), body)[:macBytes]
}
