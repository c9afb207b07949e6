package access

import "encoding/json"

// PersonKind says what the person is whom an act is about. Some verbs reach only some people: a Hub Admin suspends customers
// but not colleagues. The engine passes the kind of the loaded target to Can.
//
// The zero value is the strict one: an act that does not say whom it is about gets only what holds for everybody.
type PersonKind uint8

// The kinds of target.
const (
	Everybody   PersonKind = iota // a thing, or people of any kind: what reaches only some people does not hold
	Customer                      // a customer and nothing else
	CompanyUser                   // a member of a company, who may be a customer too, but is not staff
	Staff                         // somebody with a staff grant
	Self                          // the caller, or what is the caller's own: their profile, their order, their limit
	Somebody                      // at least one kind of person: for menus and doors of lists, never for an act on a target

	kinds = int(Somebody) + 1
)

// KindOf says what a person is from what hangs on them. The strongest counts: a customer who is staff is staff.
func KindOf(hasStaffGrant, hasMembership bool) PersonKind {
	switch {
	case hasStaffGrant:
		return Staff
	case hasMembership:
		return CompanyUser
	}
	return Customer
}

// EditPermission is the permission with which a person of the kind is edited: a refusal names it. Ask with Grants.CanEdit, which
// knows that users.edit does as well where it reaches the person.
func EditPermission(kind PersonKind) Permission {
	switch kind {
	case Customer:
		return CustomersEdit
	case CompanyUser:
		return CompanyUsersEdit
	}
	return UsersEdit
}

// People is a set of kinds of person. The empty set, the zero value, restricts nothing where a role's limits hold it.
type People uint8

// PeopleOf makes a set of kinds.
func PeopleOf(kinds ...PersonKind) People {
	var s People
	for _, kind := range kinds {
		s |= 1 << kind
	}
	return s
}

// Has says whether the kind is in the set.
func (s People) Has(kind PersonKind) bool { return s&(1<<kind) != 0 }

// List is the kinds in the set.
func (s People) List() []PersonKind {
	var list []PersonKind
	for kind := range PersonKind(kinds) {
		if s.Has(kind) {
			list = append(list, kind)
		}
	}
	return list
}

var kindNames = [...]string{"everybody", "customer", "company_user", "staff", "self", "somebody"}

// String is the kind's name.
func (k PersonKind) String() string { return nameOf(kindNames[:], k) }

// MarshalText writes the kind's name.
func (k PersonKind) MarshalText() ([]byte, error) { return writeName(kindNames[:], k) }

// UnmarshalText reads a kind's name.
func (k *PersonKind) UnmarshalText(text []byte) error { return readName(kindNames[:], k, text) }

// MarshalJSON writes the names of the kinds as a list.
func (s People) MarshalJSON() ([]byte, error) { return json.Marshal(s.List()) }

// UnmarshalJSON reads a list of kinds.
func (s *People) UnmarshalJSON(text []byte) error {
	var list []PersonKind
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	*s = PeopleOf(list...)
	return nil
}
