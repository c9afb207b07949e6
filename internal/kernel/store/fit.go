package store

import (
	"reflect"
	"strings"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// ErrText refuses a text that PostgreSQL cannot hold, and SQLite holds and then finds by its first half: one with a NUL. No person
// types one, so whoever asks for something by such a name, or would keep it, is told so, on both databases.
var ErrText = errs.New(errs.Invalid, "text_nul", "This text has a NUL character in it, which cannot be kept. Send it without.")

// fit looks over the arguments of a statement before it is sent.
func fit(args []any) error {
	for _, arg := range args {
		s, is := arg.(string)
		if !is && arg != nil {
			v := reflect.ValueOf(arg)
			if v.Kind() == reflect.Pointer && !v.IsNil() {
				v = v.Elem()
			}
			if v.Kind() == reflect.String {
				s = v.String()
			}
		}
		if strings.IndexByte(s, 0) >= 0 {
			return ErrText
		}
	}
	return nil
}
