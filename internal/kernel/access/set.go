package access

import (
	"encoding/json"
	"math/bits"
)

// Set is a set of permissions: a bit mask, a plain value, compared with ==. No method but List and the JSON ones allocates.
type Set [3]uint64

// The catalogue must fit the mask. When this line does not compile, make Set one word longer.
var _ [len(Set{})*64 - int(end)]struct{}

// Of makes a set of permissions.
func Of(permissions ...Permission) Set { return Set{}.With(permissions...) }

// ParseSet makes a set of names, and refuses a name that is not in the catalogue.
func ParseSet(names []string) (Set, error) {
	var s Set
	for _, name := range names {
		p, err := ParsePermission(name)
		if err != nil {
			return Set{}, err
		}
		s = s.With(p)
	}
	return s, nil
}

// Has says whether p is in the set. The zero permission never is.
func (s Set) Has(p Permission) bool {
	return p < end && s[p>>6]&(1<<(p&63)) != 0
}

// With is the set and these permissions. Those outside the catalogue are left out.
func (s Set) With(permissions ...Permission) Set {
	for _, p := range permissions {
		if p.Valid() {
			s[p>>6] |= 1 << (p & 63)
		}
	}
	return s
}

// Without is the set less these permissions.
func (s Set) Without(permissions ...Permission) Set { return s.Minus(Of(permissions...)) }

// Union is what is in either.
func (s Set) Union(o Set) Set {
	for i := range s {
		s[i] |= o[i]
	}
	return s
}

// Intersect is what is in both.
func (s Set) Intersect(o Set) Set {
	for i := range s {
		s[i] &= o[i]
	}
	return s
}

// Minus is what is in s and not in o.
func (s Set) Minus(o Set) Set {
	for i := range s {
		s[i] &^= o[i]
	}
	return s
}

// ContainsAll says whether everything in o is in s.
func (s Set) ContainsAll(o Set) bool { return o.Minus(s).Empty() }

// Empty says whether nothing is in the set.
func (s Set) Empty() bool { return s == Set{} }

// Len is the number of permissions in the set.
func (s Set) Len() int {
	n := 0
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// All yields the permissions of the set in the order of display.
func (s Set) All(yield func(Permission) bool) {
	for i, word := range s {
		for ; word != 0; word &= word - 1 {
			if !yield(Permission(i*64 + bits.TrailingZeros64(word))) {
				return
			}
		}
	}
}

// List is the permissions of the set in the order of display.
func (s Set) List() []Permission {
	list := make([]Permission, 0, s.Len())
	for p := range s.All {
		list = append(list, p)
	}
	return list
}

// Names is List as names, the way a set is stored.
func (s Set) Names() []string {
	names := make([]string, 0, s.Len())
	for p := range s.All {
		names = append(names, p.String())
	}
	return names
}

// MarshalJSON writes the names as a list.
func (s Set) MarshalJSON() ([]byte, error) { return json.Marshal(s.Names()) }

// UnmarshalJSON reads a list of names.
func (s *Set) UnmarshalJSON(text []byte) error {
	var names []string
	if err := json.Unmarshal(text, &names); err != nil {
		return err
	}
	parsed, err := ParseSet(names)
	if err == nil {
		*s = parsed
	}
	return err
}
