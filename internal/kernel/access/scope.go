package access

import (
	"strings"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// Scope is a node of the tree of places, written as a path:
//
//	platform
//	└── brand/B
//	    ├── brand/B/location/L
//	    └── brand/B/company/C
//	        └── brand/B/company/C/location/L
//
// It is a plain value: compared with ==, good as a map's key. The zero Scope is nowhere: it covers nothing and nothing covers
// it, so that a target whose place was not loaded is refused to everybody.
type Scope struct{ path string }

// Platform is the node above all brands.
var Platform = Scope{"platform"}

// NodeKind says what sort of node a scope is.
type NodeKind uint8

// The kinds of node. A location of a brand and a location of a company are different things.
const (
	Nowhere NodeKind = iota
	PlatformNode
	BrandNode
	LocationNode
	CompanyNode
	CompanyLocationNode
)

// ErrMalformedScope refuses a path that is not a node of the tree.
var ErrMalformedScope = errs.New(errs.Malformed, "malformed_scope",
	"That is not a place. Write platform, brand/B, brand/B/location/L, brand/B/company/C or brand/B/company/C/location/L.")

// ParseScope reads a path. Every other form is refused: no empty part, no slash at the end, no other case.
func ParseScope(path string) (Scope, error) {
	if s := (Scope{path}); s.Kind() != Nowhere {
		return s, nil
	}
	return Scope{}, ErrMalformedScope
}

// Brand is the node of a brand. An id that cannot stand in a path gives the zero Scope, here and in the two methods below.
func Brand(id string) Scope { return Scope{}.below("brand/", id) }

// Location is a location below a brand or a company. Below anything else there is none, and the answer is the zero Scope.
func (s Scope) Location(id string) Scope {
	if k := s.Kind(); k != BrandNode && k != CompanyNode {
		return Scope{}
	}
	return s.below("/location/", id)
}

// Company is a company below a brand. Below anything else there is none, and the answer is the zero Scope.
func (s Scope) Company(id string) Scope {
	if s.Kind() != BrandNode {
		return Scope{}
	}
	return s.below("/company/", id)
}

func (s Scope) below(step, id string) Scope {
	if !isID(id) {
		return Scope{}
	}
	return Scope{s.path + step + id}
}

// Covers says whether other is s or lies below it. It compares whole parts: brand/B1 does not cover brand/B10.
func (s Scope) Covers(other Scope) bool {
	if s == Platform || s.path == "" || other.path == "" {
		return s == Platform && other.path != ""
	}
	return strings.HasPrefix(other.path, s.path) && (len(other.path) == len(s.path) || other.path[len(s.path)] == '/')
}

// Kind says what sort of node this is.
func (s Scope) Kind() NodeKind {
	if s == Platform {
		return PlatformNode
	}
	rest, ok := s.path, true
	if rest, ok = step(rest, "brand"); !ok {
		return Nowhere
	}
	if rest == "" {
		return BrandNode
	}
	if below, ok := step(rest, "location"); ok && below == "" {
		return LocationNode
	}
	if rest, ok = step(rest, "company"); !ok {
		return Nowhere
	}
	if rest == "" {
		return CompanyNode
	}
	if below, ok := step(rest, "location"); ok && below == "" {
		return CompanyLocationNode
	}
	return Nowhere
}

// step cuts "word/ID" off the front of a path, and the slash after it where more follows.
func step(path, word string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(path, word)
	if !ok || rest == "" || rest[0] != '/' {
		return "", false
	}
	id, rest, more := strings.Cut(rest[1:], "/")
	return rest, isID(id) && (!more || rest != "")
}

// isID allows what an id is made of, and nothing that means something in a path, a pattern, a log or a shell.
func isID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// BrandID is the id of the brand that the node is or belongs to; empty for the platform and nowhere.
func (s Scope) BrandID() string { return s.part("brand") }

// CompanyID is the id of the company that the node is or belongs to; empty where there is none.
func (s Scope) CompanyID() string { return s.part("company") }

// LocationID is the id of the location, of a brand or of a company, that the node is; empty where it is none.
func (s Scope) LocationID() string { return s.part("location") }

// part reads the id after a word, pair by pair: a brand may well have the id "location".
func (s Scope) part(word string) string {
	for rest := s.path; rest != ""; {
		var name, id string
		name, rest, _ = strings.Cut(rest, "/")
		id, rest, _ = strings.Cut(rest, "/")
		if name == word {
			return id
		}
	}
	return ""
}

// Parent is the node above; that of the platform and of nowhere is nowhere.
func (s Scope) Parent() Scope {
	switch s.Kind() {
	case BrandNode:
		return Platform
	case LocationNode, CompanyNode, CompanyLocationNode:
		return Scope{s.path[:strings.LastIndexByte(s.path[:strings.LastIndexByte(s.path, '/')], '/')]}
	}
	return Scope{}
}

// String is the path; empty for nowhere.
func (s Scope) String() string { return s.path }

// IsZero says whether the scope is nowhere.
func (s Scope) IsZero() bool { return s.path == "" }

// MarshalText writes the path. Nowhere is refused, so that it is never stored by mistake; leave it out with omitzero.
func (s Scope) MarshalText() ([]byte, error) {
	if s.IsZero() {
		return nil, ErrMalformedScope
	}
	return []byte(s.path), nil
}

// UnmarshalText reads a path as ParseScope does.
func (s *Scope) UnmarshalText(text []byte) error {
	parsed, err := ParseScope(string(text))
	if err == nil {
		*s = parsed
	}
	return err
}

var nodeNames = [...]string{"", "platform", "brand", "location", "company", "company_location"}

// String is the kind's name.
func (k NodeKind) String() string { return nameOf(nodeNames[:], k) }

// MarshalText writes the kind's name.
func (k NodeKind) MarshalText() ([]byte, error) { return writeName(nodeNames[:], k) }

// UnmarshalText reads a kind's name.
func (k *NodeKind) UnmarshalText(text []byte) error { return readName(nodeNames[:], k, text) }
