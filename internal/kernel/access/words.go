package access

import (
	"slices"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// ErrUnknownName refuses a word that is not one of a short list, such as a level or a kind of person.
var ErrUnknownName = errs.New(errs.Malformed, "unknown_name", "There is no such value.")

func nameOf[T ~uint8](names []string, v T) string {
	if int(v) < len(names) {
		return names[v]
	}
	return "unknown"
}

func writeName[T ~uint8](names []string, v T) ([]byte, error) {
	if int(v) >= len(names) || names[v] == "" {
		return nil, ErrUnknownName
	}
	return []byte(names[v]), nil
}

func readName[T ~uint8](names []string, v *T, text []byte) error {
	i := slices.Index(names, string(text))
	if i < 0 || len(text) == 0 {
		return ErrUnknownName.Say("%q is not one of %v.", text, names)
	}
	*v = T(i)
	return nil
}
