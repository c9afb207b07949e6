package access

import (
	"strings"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// Permission is one thing that somebody may do, named "area.verb". Only the name leaves the process; the number is not stable.
type Permission uint8

// ErrUnknownPermission refuses a name that is not in the catalogue.
var ErrUnknownPermission = errs.New(errs.Malformed, "unknown_permission", "There is no such permission. The list is at /v1/permissions.")

var byName = func() map[string]Permission {
	m := make(map[string]Permission, end)
	for p := range Permissions {
		m[catalogue[p].name] = p
	}
	return m
}()

// Permissions yields the whole catalogue in the order of display: for p := range access.Permissions.
func Permissions(yield func(Permission) bool) {
	for p := Permission(1); p < end; p++ {
		if !yield(p) {
			return
		}
	}
}

// ParsePermission finds a permission by its exact name.
func ParsePermission(name string) (Permission, error) {
	if p, ok := byName[name]; ok {
		return p, nil
	}
	return 0, ErrUnknownPermission.Say("There is no permission %q. The list is at /v1/permissions.", name)
}

// Valid says whether the permission is in the catalogue.
func (p Permission) Valid() bool { return p > 0 && p < end }

// String is the permission's name, "orders.refund".
func (p Permission) String() string {
	if !p.Valid() {
		return "unknown permission"
	}
	return catalogue[p].name
}

// Area is the part of the name before the dot.
func (p Permission) Area() Area {
	area, _, _ := strings.Cut(p.String(), ".")
	return Area(area)
}

// Verb is the part of the name after the dot.
func (p Permission) Verb() string {
	_, verb, _ := strings.Cut(p.String(), ".")
	return verb
}

// Label is the verb as people read it, "Refund orders".
func (p Permission) Label() string {
	if !p.Valid() {
		return "An unknown permission"
	}
	return catalogue[p].label
}

// MarshalText writes the name. The zero permission cannot be written.
func (p Permission) MarshalText() ([]byte, error) {
	if !p.Valid() {
		return nil, ErrUnknownPermission
	}
	return []byte(p.String()), nil
}

// UnmarshalText reads a name.
func (p *Permission) UnmarshalText(text []byte) error {
	parsed, err := ParsePermission(string(text))
	if err == nil {
		*p = parsed
	}
	return err
}
