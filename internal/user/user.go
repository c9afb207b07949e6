// Package user is the type and the store of people: one person, one account.
//
// A user belongs to one brand, or to the platform. What a user is follows from what hangs on them: a customer profile, staff
// grants, company memberships; one person can have all three. The package knows the lifecycle (status.go) and keeps what follows
// from a person's own row: the words that search finds them by, and their part of the narrow row that lists run on.
package user

import (
	"errors"
	"fmt"
	"strings"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/text"
)

// ID is a person's public id: usr_…
type ID string

// User is one person with one account.
type User struct {
	Num           int64    `db:"num"               audit:"derived"`
	ID            ID       `db:"id,key"`
	Brand         brand.ID `db:"brand_id"          audit:"plain"`
	Version       int64    `db:"version,version"`
	Status        Status   `db:"status"            audit:"plain"`
	StatusBefore  string   `db:"status_before"     audit:"derived"` // the way back, last first, separated by spaces
	StatusReason  string   `db:"status_reason"     audit:"person"`
	StatusMessage string   `db:"status_message"    audit:"person"`
	StatusUntil   int64    `db:"status_until"      audit:"plain"`
	StatusSince   int64    `db:"status_since"      audit:"derived"`
	StatusBy      string   `db:"status_by"         audit:"derived"` // who made the last move
	BanReason     string   `db:"ban_reason"        audit:"person"`  // beside StatusReason: a suspension may lie below a ban
	FirstName     string   `db:"first_name"        audit:"person"`
	LastName      string   `db:"last_name"         audit:"person"`
	NameSort      string   `db:"name_sort"         audit:"derived"`
	Email         string   `db:"email"             audit:"person"`
	EmailNorm     string   `db:"email_norm"        audit:"derived"`
	EmailVerified int64    `db:"email_verified_at" audit:"plain"`
	EmailAttested int64    `db:"email_attested_at" audit:"plain"`
	Phone         string   `db:"phone"             audit:"person"`
	PhoneVerified int64    `db:"phone_verified_at" audit:"plain"`
	IDVerified    int64    `db:"identity_verified_at" audit:"plain"`
	IDVerifiedBy  string   `db:"identity_verified_by" audit:"plain"`
	Born          string   `db:"born"              audit:"person"`
	Address       string   `db:"address"           audit:"person"`
	Country       string   `db:"country"           audit:"person"`
	Theme         string   `db:"theme"             audit:"upkeep"`
	ShortcutsOff  bool     `db:"shortcuts_off"     audit:"upkeep"`
	RegisteredAt  int64    `db:"registered_at"     audit:"plain"`
	LastSeenAt    int64    `db:"last_seen_at"      audit:"upkeep"`
	CreatedAt     int64    `db:"created_at"        audit:"derived"`
	UpdatedAt     int64    `db:"updated_at"        audit:"derived"`

	// Kinds, Location and Holds hang on the person and are loaded with them by Find.
	Kinds    Kinds
	Location brand.LocationID // home location of a customer
	Holds    access.Grants    // staff grants, now and to come
}

// Table is where users are.
var Table = op.Audited[User]("users")

// Kinds says what a person is. The numbers stand in narrow tables.
type Kinds int64

// The kinds, as bits.
const (
	IsCustomer Kinds = 1 << iota
	IsStaff
	IsCompany
)

// Person is the one kind that permissions go by: the strongest counts.
func (k Kinds) Person() access.PersonKind {
	return access.KindOf(k&IsStaff != 0, k&IsCompany != 0)
}

// Name is the full name, or empty. Who is archived has one placeholder for both of its parts.
func (u *User) Name() string { return FullName(u.FirstName, u.LastName) }

// FullName puts the parts of a name together.
func FullName(first, last string) string {
	if first == last && strings.HasPrefix(first, "[archived-") {
		return first
	}
	return strings.TrimSpace(first + " " + last)
}

// Scope is the node that the person belongs to: a customer's home location, else the brand.
func (u *User) Scope() access.Scope {
	if u.Kinds&IsCustomer != 0 && u.Kinds&IsStaff == 0 && u.Location != "" {
		return u.Brand.Scope().Location(string(u.Location))
	}
	return u.Brand.Scope()
}

// Subject names the person. Customers are known to who may see customers, staff to who may see users.
func (u *User) Subject() op.Subject {
	seen := []access.Permission{access.UsersView}
	if u.Kinds&IsCustomer != 0 {
		seen = append(seen, access.CustomersView)
	}
	if u.Kinds&IsCompany != 0 {
		seen = append(seen, access.CompanyUsersView)
	}
	return op.Subject{
		Kind: "user", ID: string(u.ID), Scope: u.Scope(), Person: string(u.ID),
		Seen: seen, People: u.Kinds.Person(), Holds: u.Holds,
	}
}

// Subjects makes a person a target.
func (u *User) Subjects() []op.Subject { return []op.Subject{u.Subject()} }

// Find reads a person with what hangs on them.
func Find(r store.Reader, id ID) (*User, error) {
	u, err := Table.Find(r, id)
	if err != nil {
		return nil, err
	}
	return u, load(r, u)
}

// FindByNum reads a person by the number that narrow tables keep.
func FindByNum(r store.Reader, num int64) (*User, error) {
	u, err := Table.One(r, "where num = $1", num)
	if err != nil {
		return nil, err
	}
	return u, load(r, u)
}

// FindByEmail reads the person with this address in a brand. The address is normalised here.
func FindByEmail(r store.Reader, b brand.ID, email string) (*User, error) {
	norm, err := text.NormEmail(email)
	if err != nil {
		return nil, errs.ErrNotFound
	}
	u, err := Table.One(r, "where brand_id = $1 and email_norm = $2", b, norm)
	if err != nil {
		return nil, err
	}
	return u, load(r, u)
}

// load adds what hangs on the person: the kinds and the home location from the narrow row, and what they hold as staff.
func load(r store.Reader, u *User) error {
	err := r.QueryRow(`select p.kinds, coalesce(l.id, '') from people p left join locations l on l.num = p.location_num
		where p.num = $1`, u.Num).Scan(&u.Kinds, &u.Location)
	if err != nil && !errors.Is(err, store.ErrNoRows) {
		return fmt.Errorf("load what hangs on %s: %w", u.ID, err)
	}
	if u.Kinds&IsStaff != 0 {
		u.Holds, err = role.Held(r, string(u.ID))
		return err
	}
	return nil
}
