package account

import (
	"errors"
	"strings"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/invite"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// NewStaff is the Add user form (checklist 8-14), and the shorter one of an invitation (227).
type NewStaff struct {
	Email     string `json:"email"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	// Home is where the account belongs: the brand of its role, or platform for somebody who works in several, or will. Empty: the
	// brand if there is one alone, else the platform.
	Home brand.ID `json:"home,omitempty"`
	Assignment
	invite.Sending
}

func (n NewStaff) home() brand.ID {
	switch {
	case n.Home != "":
		return n.Home
	case len(n.Places) == 1:
		return n.Places[0].Brand
	}
	return brand.Platform
}

// Added is somebody new with their invitation. Its token is there only where the inviter hands the link over: shown once, and kept
// nowhere.
type Added struct {
	User       user.ID `json:"user"`
	Invitation string  `json:"invitation,omitempty"`
	Token      string  `json:"-"` // never kept with an answer
}

// Refusals of an invitation for an account that is there already.
var (
	ErrAttested    = errs.New(errs.Conflict, "address_attested", "Staff wrote the address of this account, and its owner has not confirmed it. Have it confirmed first, then invite.")
	ErrUnconfirmed = errs.New(errs.Conflict, "address_unconfirmed", "There is an account with this address, and nobody has confirmed that the address is theirs. Send the invitation by e-mail: accepting it confirms the address.")
)

// Add makes an account of staff with a role, places and levels for each area, and an invitation with which its person chooses a
// password. Somebody who has an account there already is invited with it, and gets the role when they accept.
var Add = &op.Action[NewStaff, adding, Added]{
	Name: "user.add", Summary: "Add a member of staff", Allow: access.UsersInvite,
	StepUpIf: givesAll, Confirm: confirmInvitation, Target: addingAt,
	Do: func(tx *op.Tx, t adding, in NewStaff) (Added, error) {
		t.named = true
		return invites(tx, t, in)
	},
}

// Invite is Add for who knows no more than an address: the person writes their own name when they accept.
var Invite = &op.Action[NewStaff, adding, Added]{
	Name: "invitation.create", Summary: "Invite somebody to the staff", Allow: access.UsersInvite,
	StepUpIf: givesAll, Confirm: confirmInvitation, Target: addingAt, Do: invites,
}

// givesAll says whether the role is Super Admin: only who holds it gives it, always by mail, and proves that they mean it.
func givesAll(_ adding, in NewStaff) bool { return in.Role == access.SuperAdmin.Key }

func confirmInvitation(_ adding, in NewStaff) op.Confirmation {
	return op.Confirmation{
		Title:  "Invite " + strings.TrimSpace(in.Email) + " as " + access.SuperAdmin.Name,
		Facts:  []op.Fact{{Label: "E-mail", Value: in.Email}, {Label: "Role", Value: access.SuperAdmin.Name}, {Label: "Where", Value: "the platform, and every brand"}},
		Button: "Invite",
	}
}

// adding is where somebody is added: their home, and every node of their role.
type adding struct {
	brand *brand.Brand // nil: the platform
	nodes []access.Scope
	// trusted: the role is given by the one-time link or by the operator at the machine, not by somebody who must hold it.
	trusted bool
	named   bool // a name is needed
}

func addingAt(tx *op.Tx, in NewStaff) (t adding, err error) {
	if home := in.home(); home != brand.Platform {
		if t.brand, err = brand.Find(tx, home); err != nil {
			return t, err
		}
	}
	if in.Role == NoStaffRole {
		in.Role = "" // refused in Do, where it is known who may add anybody here
	}
	t.nodes, _, err = nodes(tx, in.Assignment)
	return t, err
}

// Subjects names the home and the nodes: an account of the platform is made by who may invite people there.
func (t adding) Subjects() (all []op.Subject) {
	if t.brand == nil {
		all = op.Installation.Subjects()
	}
	for _, n := range t.nodes {
		all = append(all, op.Subject{Kind: "place", ID: n.String(), Scope: n})
	}
	return all
}

func (t adding) home() brand.ID {
	if t.brand == nil {
		return brand.Platform
	}
	return t.brand.ID
}

// invites makes the account where there is none, and the invitation.
func invites(tx *op.Tx, t adding, in NewStaff) (a Added, err error) {
	if err := in.check(t.named); err != nil {
		return a, err
	}
	if in.Role == access.SuperAdmin.Key && !in.Send && !t.trusts(tx) {
		return a, invite.ErrByMail
	}
	var grants []role.Grant
	u, err := user.FindByEmail(tx, t.home(), in.Email)
	if errors.Is(err, errs.ErrNotFound) {
		u, err = nil, nil
	}
	if err == nil {
		err = invitable(tx, u, in.Email)
	}
	switch {
	case err != nil:
		return a, err
	case u == nil:
		u, grants, err = newStaff(tx, t, in, user.Invited)
	default:
		grants, err = offered(tx, t, u, in)
	}
	if err != nil {
		return a, err
	}
	i, token, err := invite.Begin(tx, u, grants, in.Sending)
	if err != nil {
		return a, err
	}
	return Added{User: u.ID, Invitation: i.ID, Token: token}, nil
}

// trusts says whether the role is given by somebody who need not hold it.
func (t adding) trusts(tx *op.Tx) bool {
	return t.trusted || tx.Caller().Kind == op.System || tx.Caller().Kind == op.Operator
}

func (n NewStaff) check(named bool) error {
	var wrong errs.Wrong
	if strings.TrimSpace(n.Email) == "" {
		wrong.Add("email", "Write the e-mail address that the person signs in with.")
	} else if _, err := text.ParseEmail(n.Email); err != nil {
		wrong.Add("email", "%s", errs.Of(err).Detail)
	}
	if named && strings.TrimSpace(n.FirstName+n.LastName) == "" {
		wrong.Add("first_name", "Write a name, so that colleagues and the audit log can tell who this is.")
	}
	if n.Role == NoStaffRole || n.Role == "" {
		wrong.Add("role", "Choose a role.")
	}
	return wrong.Err()
}

// invitable refuses an address that is invited already, and one of somebody who is staff: they get another role by a change of
// their role alone. u is the account of the home with this address, if there is one.
func invitable(tx *op.Tx, u *user.User, email string) error {
	norm, err := text.NormEmail(email)
	if err != nil {
		return errs.Field("email", "%s", err)
	}
	holder, err := staffEmails.Find(tx, norm)
	if errors.Is(err, errs.ErrNotFound) {
		holder, err = nil, nil
	}
	if err != nil {
		return err
	}
	for _, id := range []user.ID{idOf(u), holder.id()} {
		if id == "" {
			continue
		}
		i, err := invite.OpenFor(tx, id)
		switch {
		case errors.Is(err, errs.ErrNotFound):
			continue
		case err != nil:
			return err
		}
		if s := i.Subject(); tx.Caller().Grants.Can(tx.Now().UnixMilli(), access.UsersView, s.Scope, s.People) {
			return invite.ErrPending.With("invitation", i.ID)
		} else if id == idOf(u) {
			return invite.ErrPending
		}
	}
	if holder != nil || u != nil && u.Kinds&user.IsStaff != 0 {
		return ErrStaffElsewhere
	}
	return nil
}

func idOf(u *user.User) user.ID {
	if u == nil {
		return ""
	}
	return u.ID
}

func (s *staffEmail) id() user.ID {
	if s == nil {
		return ""
	}
	return user.ID(s.User)
}

// offered are the grants that an account which is there already gets when its owner accepts.
func offered(tx *op.Tx, t adding, u *user.User, in NewStaff) ([]role.Grant, error) {
	switch {
	case u.Status != user.Active:
		return nil, invite.ErrStatus
	case u.EmailAttested > u.EmailVerified:
		return nil, ErrAttested
	case u.EmailVerified == 0 && !in.Send:
		return nil, ErrUnconfirmed
	}
	return granted(tx, u, in.Assignment, t.nodes, t.trusted)
}

// newStaff makes an account with its grants.
func newStaff(tx *op.Tx, t adding, in NewStaff, status user.Status) (*user.User, []role.Grant, error) {
	u := &user.User{Status: status, FirstName: in.FirstName, LastName: in.LastName, Email: in.Email, Kinds: user.IsStaff}
	if err := u.Number(tx, t.brand); err != nil {
		return nil, nil, err
	}
	if err := user.Insert(tx, u); err != nil {
		return nil, nil, err
	}
	grants, err := granted(tx, u, in.Assignment, t.nodes, t.trusted)
	if err != nil {
		return nil, nil, err
	}
	for i := range grants {
		if err := role.Give(tx, &grants[i]); err != nil {
			return nil, nil, err
		}
	}
	return u, grants, settle(tx, u)
}
