// Package invite keeps invitations: who was asked to join the staff, with which role, by whom, and how far that is.
//
//	pending ──► accepted
//	   │  ▲
//	   ▼  │ resent
//	expired
//	   │
//	pending or expired ──► revoked
//
// Every member of staff that somebody makes has one. It belongs to an account: the new one, which waits as invited and holds its
// grants already, so that nobody who holds less gets hold of it meanwhile; or one that was there, such as a customer's, which gets
// the grants only when its owner has signed in and accepted. The stored row alone says which role that is. The link is a secret:
// its hash is kept, and it is told to the mailbox, or once to the inviter.
//
// What changes accounts (invite, accept, revoke) is in package account, which stands above this one.
package invite

import (
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/user"
)

// Operations is what can be done with invitations here.
var Operations = []op.Operation{LookUp, Resend, List, Total, Show, Current, Refused}

// Invitation asks one person to join the staff.
type Invitation struct {
	ID         string   `db:"id,key"`
	Brand      brand.ID `db:"brand_id"    audit:"plain"` // home of the account
	Scope      string   `db:"scope"       audit:"derived"`
	User       user.ID  `db:"user_id"     audit:"plain"`
	Version    int64    `db:"version,version"`
	AddressBox string   `db:"address_box" audit:"derived"` // sealed for the account
	AddressMAC string   `db:"address_mac" audit:"derived"`
	Role       string   `db:"role"        audit:"plain"`
	Scopes     string   `db:"scopes"      audit:"plain"` // nodes, separated by spaces
	Adds       string   `db:"adds"        audit:"plain"`
	Removes    string   `db:"removes"     audit:"plain"`
	From       int64    `db:"from_at"     audit:"plain"`
	Until      int64    `db:"until_at"    audit:"plain"`
	Inviter    user.ID  `db:"inviter"     audit:"plain"` // who sent it last, and vouches for the role; empty: Steward's operator
	MessageBox string   `db:"message_box" audit:"derived"`
	Mailed     bool     `db:"mailed"      audit:"plain"` // the link went to the mailbox, and nowhere else
	Token      string   `db:"token_hash"  audit:"secret"`
	SentAt     int64    `db:"sent_at"     audit:"derived"`
	ExpiresAt  int64    `db:"expires_at"  audit:"plain"`
	Resends    int64    `db:"resends"     audit:"plain"`
	Resent     string   `db:"resent"      audit:"derived"`
	AcceptedAt int64    `db:"accepted_at" audit:"plain"`
	RevokedAt  int64    `db:"revoked_at"  audit:"plain"`
	RefusedAt  int64    `db:"refused_at"  audit:"plain"`
	CreatedAt  int64    `db:"created_at"  audit:"derived"`
}

// Table is where invitations are.
var Table = op.Audited[Invitation]("invitations")

// Status is how far an invitation is.
type Status string

// The statuses. Expired follows from the clock, to the second.
const (
	Pending  Status = "pending"
	Accepted Status = "accepted"
	Expired  Status = "expired"
	Revoked  Status = "revoked"
)

// Statuses lists them.
var Statuses = []Status{Pending, Accepted, Expired, Revoked}

// Label is the status for people.
func (s Status) Label() string { return strings.ToUpper(string(s[:1])) + string(s[1:]) }

// Status is how far it is now.
func (i *Invitation) Status(now time.Time) Status {
	switch {
	case i.AcceptedAt != 0:
		return Accepted
	case i.RevokedAt != 0:
		return Revoked
	case now.UnixMilli() >= i.ExpiresAt:
		return Expired
	}
	return Pending
}

// Open says whether it can still be sent again: nobody has accepted or revoked it.
func (i *Invitation) Open() bool { return i.AcceptedAt == 0 && i.RevokedAt == 0 }

// Subject names the invitation. It is about staff, seen where the role would hold; and nobody handles one for more than they hold.
func (i *Invitation) Subject() op.Subject {
	scope, _ := access.ParseScope(i.Scope)
	return op.Subject{
		Kind: "invitation", ID: i.ID, Scope: scope, Person: string(i.User),
		Seen: []access.Permission{access.UsersView, access.UsersInvite}, People: access.Staff, Holds: role.Resolve(i.Grants()),
	}
}

// Subjects makes an invitation a target.
func (i *Invitation) Subjects() []op.Subject { return []op.Subject{i.Subject()} }

// Grants is what accepting it gives, as rows that are not stored yet.
func (i *Invitation) Grants() []role.Grant {
	var all []role.Grant
	for _, scope := range strings.Fields(i.Scopes) {
		all = append(all, role.Grant{
			User: string(i.User), Brand: string(i.Brand), Role: i.Role, Scope: scope, From: i.From, Until: i.Until,
			Adds: i.Adds, Removes: i.Removes, GivenBy: string(i.Inviter),
		})
	}
	return all
}

// offers takes over what the grants say.
func (i *Invitation) offers(grants []role.Grant) {
	var nodes []access.Scope
	var scopes []string
	for _, g := range grants {
		i.Role, i.Adds, i.Removes, i.From, i.Until = g.Role, g.Adds, g.Removes, g.From, g.Until
		scopes = append(scopes, g.Scope)
		if node, err := access.ParseScope(g.Scope); err == nil {
			nodes = append(nodes, node)
		}
	}
	i.Scopes, i.Scope = strings.Join(scopes, " "), over(nodes).String()
}

// over is the lowest node that covers all.
func over(nodes []access.Scope) access.Scope {
	top := access.Platform
	if len(nodes) == 0 {
		return top
	}
	for top = nodes[0]; top != access.Platform; top = top.Parent() {
		if !slices.ContainsFunc(nodes, func(n access.Scope) bool { return !top.Covers(n) }) {
			break
		}
	}
	return top
}

// RoleName is the role with what differs from it: "Brand Admin, 2 changes".
func (i *Invitation) RoleName() string {
	for _, g := range role.Resolve(i.Grants()) {
		return g.Adjustment.Describe(g.Role)
	}
	return i.Role
}

// SuperAdmin says whether it makes a Super Admin: such a link goes to the mailbox, and nobody else ever sees it.
func (i *Invitation) SuperAdmin() bool { return i.Role == access.SuperAdmin.Key }

// Refusals of invitations.
var (
	ErrLink     = errs.New(errs.Gone, "invitation_gone", "This invitation is not valid any more: it was used, it has expired, it was withdrawn, or a newer one was sent. Ask the person who invited you for a new one.")
	ErrPending  = errs.New(errs.Conflict, "invitation_pending", "There is an invitation for this address already. Send it again, or revoke it and make another one.")
	ErrAccepted = errs.New(errs.Conflict, "invitation_accepted", "This invitation was accepted. Change the role of the account or deactivate it instead.")
	ErrRevoked  = errs.New(errs.Conflict, "invitation_revoked", "This invitation was revoked. Invite the person anew.")
	ErrByMail   = errs.New(errs.Conflict, "super_admin_by_mail", "A Super Admin is never let in by a link that somebody else has seen. Send the invitation by e-mail.")
	ErrStatus   = errs.New(errs.Conflict, "invitation_status", "The account with this address cannot sign in now, and an invitation does not change that. Activate the account first.")
	ErrResends  = errs.New(errs.TooMany, "invitation_resends", "This invitation was sent again ten times within a day. Wait, or hand over a message in another way.")
	ErrInviter  = errs.New(errs.Conflict, "inviter_not_entitled", "This invitation cannot be accepted: who sent it may not give this role any more. Ask for a new one from somebody who may. Nothing was changed.")
	ErrOver     = errs.New(errs.Conflict, "invitation_role_over", "The role of this invitation has ended by its date. Ask for a new invitation.")
)

// OpenFor finds the open invitation of an account; errs.ErrNotFound when there is none.
func OpenFor(r store.Reader, u user.ID) (*Invitation, error) {
	return Table.One(r, "where user_id = $1 and accepted_at = 0 and revoked_at = 0", string(u))
}

// macer makes keyed hashes.
type macer interface {
	MAC(purpose string, parts ...[]byte) []byte
}

// addressOf binds an invitation to the address that an account has. Who reads the table learns no address from it.
func addressOf(m macer, u *user.User) string {
	return hex.EncodeToString(m.MAC("address of an invitation", []byte(u.ID), []byte(u.EmailNorm)))
}

// Meant says whether the account has the address still that was invited.
func (i *Invitation) Meant(m macer, u *user.User) bool {
	return i.User == u.ID && u.EmailNorm != "" && i.AddressMAC == addressOf(m, u)
}

// Vouched refuses unless who sent it is active and may still invite and give all of it.
func (i *Invitation) Vouched(r store.Reader, now time.Time) error {
	if i.Inviter == "" {
		return nil
	}
	by, err := user.Find(r, i.Inviter)
	if err != nil {
		return unlessMissing(err, ErrInviter)
	}
	if !by.Status.MaySignIn() || i.MayBeGivenBy(by.Holds, now) != nil {
		return ErrInviter
	}
	return nil
}

// MayBeGivenBy refuses who may not invite at all its places, or does not hold what it gives there.
func (i *Invitation) MayBeGivenBy(held access.Grants, now time.Time) error {
	ms := now.UnixMilli()
	offered := role.Resolve(i.Grants())
	if len(offered) == 0 {
		return role.ErrUnknown
	}
	for _, g := range offered {
		if !held.Can(ms, access.UsersInvite, g.Scope, access.Everybody) {
			return op.ErrForbidden.Say("You need “%s” for this. A Super Admin can give it to you.", access.UsersInvite.Label()).
				With("permission", access.UsersInvite.String()).With("scope", g.Scope.String())
		}
		if lacks := held.Lacks(ms, g.Role, g.Adjustment, g.Scope); !lacks.Empty() {
			return access.RefuseGift(g.Role, lacks, g.Scope, access.Words{})
		}
	}
	return nil
}

// trusted says who gives without holding: Steward itself and the operator at the machine.
func trusted(c *op.Caller) bool { return c.Kind == op.System || c.Kind == op.Operator }
