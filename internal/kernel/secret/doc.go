// Package secret keeps what must not be known: the master key, the keys of persons, sealed values, keyed hashes and tokens.
//
// There is one master key in one file. From it, sub keys are derived by purpose, and with one of them the key of each person
// is wrapped. Personal values outside a person's own row (before and after in the audit log, login history, notes) are sealed
// with that person's key. The wrapped keys live in a second database, which is never in a backup of the first: destroying one
// row there makes every sealed value of that person unreadable, in every copy of the main database, at once.
//
// Nothing here prints a key. The types that hold one answer "[secret]" to every verb of fmt, to slog and to encoders.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[secret]"

// hidden is embedded by every type that holds a key, so that no way of printing the type prints the key.
type hidden struct{}

func (hidden) String() string               { return redacted }
func (hidden) GoString() string             { return redacted }
func (hidden) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, redacted) }
func (hidden) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (hidden) MarshalText() ([]byte, error) { return []byte(redacted), nil }
func (hidden) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// held is a key behind a function. Methods of a type are not asked when it is printed as an unexported field of another, and fmt
// then follows even pointers when the verb does not fit ("%s" of a *[32]byte prints all 32). It never calls a function.
type held func() *[32]byte

func hold(key *[32]byte) held { return func() *[32]byte { return key } }
