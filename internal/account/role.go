package account

import (
	"slices"
	"strings"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/invite"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// Assignment is a role with the places at which it holds.
type Assignment struct {
	Role   string                        `json:"role"`             // key; "customer" ends the staff grants
	Places []Place                       `json:"places,omitempty"` // several only for an account of the platform
	Levels map[access.Area]access.Choice `json:"levels,omitempty"` // what differs from the role, by area
	From   int64                         `json:"from,omitempty"`   // epoch ms; 0 is now
	Until  int64                         `json:"until,omitempty"`  // 0 is open
}

// Place is where a role holds: the platform with every brand, a whole brand, or some of its locations.
type Place struct {
	Brand     brand.ID           `json:"brand"`               // a brand, or platform
	Locations []brand.LocationID `json:"locations,omitempty"` // only these of the brand; none is all
}

// At is one place.
func At(b brand.ID, locations ...brand.LocationID) []Place { return []Place{{b, locations}} }

// RoleChange gives a person another role, or none.
type RoleChange struct {
	User user.ID `json:"user"`
	Assignment
	Reason string `json:"reason,omitempty"`
}

// Why is the reason, for the log.
func (r RoleChange) Why() string { return r.Reason }

// NoStaffRole is the key that ends a person's staff grants: back to Customer.
const NoStaffRole = "customer"

// Refusals of a role change.
var (
	ErrStaffElsewhere = errs.New(errs.Conflict, "staff_elsewhere", "This address belongs to somebody who is staff already. One person has one account: open that account and change its role.")
	ErrHomePlace      = errs.New(errs.Invalid, "role_home", "An account of a brand can only hold roles within that brand. Make an account of the platform for somebody who works in several.")
)

// ErrOnlyInvited refuses to take the role from somebody who is nothing but invited.
var ErrOnlyInvited = errs.New(errs.Conflict, "only_invited", "Nobody has accepted this invitation yet, so there is no role to end. Revoke the invitation instead.")

// ChangeRole is the one way to change a staff role: all of its places at once. Who has a role in several brands is of the platform,
// and so it is changed by somebody who may change roles there: nobody of one brand ends what holds in another (checklist 126-128, 197-199): never a field of an edit form, only by who may
// assign roles, confirmed by a step-up, and told to the person by mail.
var ChangeRole = &op.Action[RoleChange, reassigned, op.None]{
	Name: "user.change_role", Summary: "Change a person's staff role, or end it",
	Allow: access.StaffRolesAssign, NotSelf: true,
	StepUpIf: func(t reassigned, _ RoleChange) bool { return !t.same },
	Confirm: func(t reassigned, in RoleChange) op.Confirmation {
		c := op.Confirmation{
			Title:  "Change the role of " + called(t.User) + " to " + t.name(in),
			Facts:  []op.Fact{{Label: "Now", Value: t.now}, {Label: "New", Value: t.name(in)}, {Label: "Where", Value: t.where}},
			Button: "Change role",
		}
		if in.Reason != "" {
			c.Facts = append(c.Facts, op.Fact{Label: "Reason", Value: in.Reason})
		}
		return c
	},
	Target: func(tx *op.Tx, in RoleChange) (t reassigned, err error) {
		if t.User, err = find(tx, in.User); err != nil {
			return t, err
		}
		if t.grants, err = role.Of(tx, string(in.User)); err != nil {
			return t, err
		}
		t.grants = slices.DeleteFunc(t.grants, inCompany) // a role in a company is another matter
		t.now = "Customer"
		if held := role.Now(t.grants, tx.Now().UnixMilli()); held != nil {
			t.now = held.Name
		}
		if t.nodes, t.where, err = nodes(tx, in.Assignment); err != nil {
			return t, err
		}
		t.same = in.Assignment.held(t.grants, t.nodes, tx.Now().UnixMilli())
		return t, nil
	},
	Do: func(tx *op.Tx, t reassigned, in RoleChange) (op.None, error) {
		if t.same {
			return op.None{}, nil
		}
		if t.Status == user.Invited && in.Role == NoStaffRole {
			return op.None{}, ErrOnlyInvited
		}
		for i := range t.grants {
			if err := role.End(tx, &t.grants[i]); err != nil {
				return op.None{}, err
			}
		}
		if in.Role != NoStaffRole {
			if err := give(tx, t.User, in.Assignment, t.nodes, false); err != nil {
				return op.None{}, err
			}
		}
		if err := role.KeepHeld(tx, string(t.ID), t.grants); err != nil {
			return op.None{}, err
		}
		if err := settle(tx, t.User); err != nil {
			return op.None{}, err
		}
		if err := lockOut(tx, t.User, "role_changed"); err != nil {
			return op.None{}, err
		}
		if held, err := role.Of(tx, string(t.ID)); err != nil {
			return op.None{}, err
		} else if err := invite.Follow(tx, t.User, held); err != nil || t.Status == user.Invited {
			return op.None{}, err // who is invited is told by a new invitation
		}
		return op.None{}, mailing.Post(tx, t.User, "role_changed", mailing.Letter{
			Subject: "Your role was changed",
			Lines:   []string{"Your role was changed, and you were signed out everywhere. Sign in again to work with the new one."},
			Facts:   []mailing.Fact{{Label: "Before", Value: t.now}, {Label: "Now", Value: t.name(in)}, {Label: "Where", Value: t.where}},
			After:   []string{"If you did not expect this, ask your administrator."},
		})
	},
}

// reassigned is a person together with the nodes of the new role: the change is allowed only where both are in reach.
type reassigned struct {
	*user.User
	grants []role.Grant
	nodes  []access.Scope
	now    string
	where  string
	same   bool // they hold exactly this already
}

// Subjects names the person and every node of the new role.
func (t reassigned) Subjects() []op.Subject {
	all := []op.Subject{t.User.Subject()}
	for _, n := range t.nodes {
		all = append(all, op.Subject{Kind: "place", ID: n.String(), Scope: n})
	}
	return all
}

func (t reassigned) name(in RoleChange) string {
	r, err := role.Find(in.Role)
	if err != nil {
		return "Customer"
	}
	if adjustment, err := access.Adjust(r, in.Levels); err == nil {
		return adjustment.Describe(r)
	}
	return r.Name
}

// held says whether the grants in force are exactly this assignment: asking for it again changes nothing.
func (a Assignment) held(grants []role.Grant, at []access.Scope, now int64) bool {
	if a.Role == NoStaffRole {
		return len(grants) == 0
	}
	r, err := role.Find(a.Role)
	if err != nil {
		return false
	}
	adjustment, err := access.Adjust(r, a.Levels)
	if err != nil || len(grants) != len(at) || len(role.InForce(grants, now)) != len(grants) {
		return false
	}
	for _, g := range grants {
		node, err := access.ParseScope(g.Scope)
		if err != nil || !slices.Contains(at, node) || g.Role != r.Key || g.Adds != names(adjustment.Add) ||
			g.Removes != names(adjustment.Remove) || g.From != a.From || g.Until != a.Until {
			return false
		}
	}
	return true
}

// nodes are the nodes of an assignment, read from the database, with words for them.
func nodes(r store.Reader, a Assignment) (at []access.Scope, where string, err error) {
	if a.Role == NoStaffRole {
		return nil, "everywhere", nil
	}
	if len(a.Places) == 0 {
		return nil, "", errs.Field("brand", "Choose where the role holds.")
	}
	var words []string
	for i, p := range a.Places {
		if slices.ContainsFunc(a.Places[:i], func(o Place) bool { return o.Brand == p.Brand || o.Brand == brand.Platform }) || i > 0 && p.Brand == brand.Platform {
			return nil, "", errs.Field("brand", "Name each brand once, or the platform alone: it includes every brand.")
		}
		in, name, err := p.nodes(r)
		if err != nil {
			return nil, "", err
		}
		at, words = append(at, in...), append(words, name)
	}
	return at, strings.Join(words, "; "), nil
}

func (p Place) nodes(r store.Reader) (at []access.Scope, where string, err error) {
	if p.Brand == brand.Platform {
		return []access.Scope{access.Platform}, "the platform, and every brand", nil
	}
	b, err := brand.Find(r, p.Brand)
	if err != nil {
		return nil, "", err
	}
	if len(p.Locations) == 0 {
		return []access.Scope{b.ID.Scope()}, b.Name + ", all locations", nil
	}
	var names []string
	for _, id := range p.Locations {
		l, err := brand.FindLocation(r, id)
		if err != nil || l.Brand != b.ID {
			return nil, "", errs.Field("locations", "Choose locations of this brand.")
		}
		if slices.Contains(at, l.Scope()) {
			continue
		}
		at, names = append(at, l.Scope()), append(names, l.Name)
	}
	return at, b.Name + ": " + strings.Join(names, ", "), nil
}

// give writes the grants of an assignment.
func give(tx *op.Tx, u *user.User, a Assignment, at []access.Scope, trusted bool) error {
	grants, err := granted(tx, u, a, at, trusted)
	for i := range grants {
		if err == nil {
			err = role.Give(tx, &grants[i])
		}
	}
	return err
}

// granted are the grants of an assignment, not written yet. Nobody gives what they do not hold there.
func granted(tx *op.Tx, u *user.User, a Assignment, at []access.Scope, trusted bool) ([]role.Grant, error) {
	r, err := role.Find(a.Role)
	if err != nil || r.For != access.Staff {
		return nil, role.ErrUnknown
	}
	adjustment, err := access.Adjust(r, a.Levels)
	if err != nil {
		return nil, err
	}
	now := tx.Now().UnixMilli()
	if a.Until != 0 && a.Until <= now {
		return nil, errs.Field("until", "Choose an end that lies ahead. To end a role now, choose Customer.")
	}
	elsewhere := func(p Place) bool { return p.Brand != u.Brand }
	if u.Brand != brand.Platform && (r.Highest == access.PlatformNode && r.Whole || slices.ContainsFunc(a.Places, elsewhere)) {
		return nil, ErrHomePlace
	}
	var all []role.Grant
	for _, node := range at {
		if err := (&access.Grant{Role: r, Scope: node, From: a.From, Until: a.Until, Adjustment: adjustment}).Check(); err != nil {
			return nil, err
		}
		if c := tx.Caller(); !trusted && c.Kind != op.System && c.Kind != op.Operator {
			if lacks := c.Grants.Lacks(now, r, adjustment, node); !lacks.Empty() {
				return nil, access.RefuseGift(r, lacks, node, access.Words{Place: func(at access.Scope) string { return brand.PlaceName(tx, at) }})
			}
		}
		all = append(all, role.Grant{
			User: string(u.ID), Brand: string(u.Brand), Role: r.Key, Scope: node.String(), From: a.From, Until: a.Until,
			Adds: names(adjustment.Add), Removes: names(adjustment.Remove),
		})
	}
	return all, nil
}

func names(s access.Set) string {
	n := s.Names()
	slices.Sort(n)
	return strings.Join(n, " ")
}

type staffEmail struct {
	Email string `db:"email_norm,key"`
	User  string `db:"user_id"`
}

var staffEmails = op.Derived[staffEmail]("staff_emails")

type facet struct {
	Num   int64      `db:"num,key"`
	Kinds user.Kinds `db:"kinds"`
	Role  int64      `db:"role"`
}

var people = op.Derived[facet]("people")

// settle works out what follows from a person's grants: that they are staff, under which address, and with which role they are listed.
func settle(tx *op.Tx, u *user.User) error {
	grants, err := role.Of(tx, string(u.ID))
	if err != nil {
		return err
	}
	f := facet{Num: u.Num, Kinds: u.Kinds}
	f.follow(grants, tx.Now().UnixMilli())
	u.Kinds, u.Holds = f.Kinds, role.Resolve(grants)
	if err := people.Update(tx, &f); err != nil {
		return err
	}
	return holdStaffEmail(tx, u)
}

// follow works out a narrow row from the grants: who has one of staff in force or to come is staff, who has one in a company is a
// company user, and the one of staff in force is their role.
func (f *facet) follow(grants []role.Grant, now int64) {
	f.Kinds &^= user.IsStaff | user.IsCompany
	f.Role = 0
	for _, g := range grants {
		switch {
		case g.Until != 0 && g.Until <= now:
		case inCompany(g):
			f.Kinds |= user.IsCompany
		default:
			f.Kinds |= user.IsStaff
		}
	}
	if held := role.Now(grants, now); held != nil {
		f.Role = role.Num(held.Key)
	}
}

func inCompany(g role.Grant) bool {
	r, err := role.Find(g.Role)
	return err == nil && r.For == access.CompanyUser
}

// holdStaffEmail keeps the address of staff for them alone in the whole installation: they sign in with it.
func holdStaffEmail(tx *op.Tx, u *user.User) error {
	if _, err := staffEmails.Clear(tx, "where user_id = $1", string(u.ID)); err != nil {
		return err
	}
	if u.Kinds&user.IsStaff == 0 {
		return nil
	}
	norm, err := text.NormEmail(u.Email)
	if err != nil {
		return errs.Field("email", "Staff need an e-mail address: they sign in with it.")
	}
	if _, err := staffEmails.Find(tx, norm); err == nil {
		return ErrStaffElsewhere
	}
	err = staffEmails.Insert(tx, &staffEmail{norm, string(u.ID)})
	if _, taken := store.IsUnique(err); taken { // by somebody who came at the same moment
		return ErrStaffElsewhere.Because(err)
	}
	return err
}
