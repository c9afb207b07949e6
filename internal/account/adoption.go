package account

import (
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/security"
	"github.com/stewardhq/steward/internal/user"
)

// Refusals of a reminder.
var (
	ErrHasFactor = errs.New(errs.Conflict, "has_second_factor", "This person has a second factor already, so there is nothing to remind them of.")
	ErrReminded  = errs.New(errs.Conflict, "reminded_today", "This person was reminded within the last 24 hours. Try again tomorrow.")
	ErrNoStaff   = errs.New(errs.Conflict, "not_active_staff", "Only active staff are reminded of a second factor, and this person is none.")
)

// Protected is a member of staff with what protects their account. There is no secret in it.
type Protected struct {
	User     user.ID `json:"user"`
	Name     string  `json:"name"`
	Email    string  `json:"email"`
	Role     string  `json:"role"`
	Reminded int64   `json:"reminded"` // within the last 24 hours; 0: not
	Remind   bool    `json:"remind"`   // the caller may remind them now
	auth.Factors
}

// Adoption is who of the staff has a second factor: those whom the caller may see.
type Adoption struct {
	Required  bool        `json:"required"` // the rules ask staff for one
	With      int         `json:"with"`
	Without   int         `json:"without"`
	Apps      int         `json:"apps"`     // people with an authenticator app
	Passkeys  int         `json:"passkeys"` // people with a passkey
	Staff     []Protected `json:"staff"`    // those without first, by name
	Truncated bool        `json:"truncated"`
}

// mostProtected is more staff than anybody has.
const mostProtected = 2000

const (
	reminderKind  = "second_factor_reminder"
	reminderEvery = 24 * time.Hour
)

// ShowAdoption lists the active staff within the caller's reach with what each can show besides a password.
var ShowAdoption = &op.Query[op.None, Adoption]{
	Name: "security.adoption", Summary: "List who of the staff has a second factor", Allow: access.SecurityView,
	Do: func(v *op.View, _ op.None) (a Adoption, err error) {
		v.Nodes(access.SecurityView) // the door has asked whether it is held anywhere; whom it reaches is asked for each
		rules, err := security.Load(v)
		if err != nil {
			return a, err
		}
		a.Required = rules.SecondFactor
		ids, err := store.All(v, func(row store.Row) (id user.ID, err error) { return id, row.Scan(&id) },
			`select u.id from users u where u.status = 'active' and u.id in (select g.user_id from grants g where g.ended_at = 0
				and (g.until_at = 0 or g.until_at > $1)) order by u.name_sort, u.num limit $2`, v.Now().UnixMilli(), mostProtected+1)
		if err != nil {
			return a, err
		}
		if a.Truncated = len(ids) > mostProtected; a.Truncated {
			ids = ids[:mostProtected]
		}
		var with []Protected
		for _, id := range ids {
			u, err := user.Find(v, id)
			if err != nil {
				return a, err
			}
			s := u.Subject()
			if u.Kinds&user.IsStaff == 0 || !v.Knows(s) || !v.Can(access.UsersView, s) || !v.Can(access.SecurityView, s) {
				continue
			}
			p, err := protected(v, u)
			if err != nil {
				return a, err
			}
			if p.App {
				a.Apps++
			}
			if p.Factors.Passkeys > 0 {
				a.Passkeys++
			}
			if p.Any() {
				with = append(with, p)
				continue
			}
			p.Remind = p.Reminded == 0 && u.Email != "" && !v.Caller().Is(string(u.ID)) && v.Can(access.UsersEdit, s) &&
				!v.Caller().Grants.HoldsMore(v.Now().UnixMilli(), s.Holds)
			a.Staff = append(a.Staff, p)
		}
		a.Without, a.With = len(a.Staff), len(with)
		a.Staff = append(a.Staff, with...)
		return a, nil
	},
}

func protected(v *op.View, u *user.User) (p Protected, err error) {
	p = Protected{User: u.ID, Name: u.Name(), Email: u.Email}
	for _, g := range u.Holds {
		if g.Role.For == access.Staff && g.InForce(v.Now().UnixMilli()) && p.Role == "" {
			p.Role = g.Role.Name
		}
	}
	if p.Factors, err = auth.FactorsOf(v, u.ID); err != nil {
		return p, err
	}
	p.Reminded, err = reminded(v, u.ID, v.Now())
	return p, err
}

// reminded is when somebody was last reminded, if that was within a day; else 0.
func reminded(r store.Reader, u user.ID, now time.Time) (int64, error) {
	return store.Value[int64](r.QueryRow("select coalesce(max(made_at), 0) from mails where user_id = $1 and made_at > $2 and kind = $3",
		string(u), now.Add(-reminderEvery).UnixMilli(), reminderKind))
}

// RemindSecondFactor asks a member of staff by mail to set up a second factor, at most once a day.
var RemindSecondFactor = &op.Action[one, *user.User, op.None]{
	Name: "user.remind_second_factor", Summary: "Remind a member of staff to set up a second factor", Allow: access.UsersEdit, NotSelf: true,
	Target: func(tx *op.Tx, in one) (*user.User, error) { return find(tx, in.User) },
	Do: func(tx *op.Tx, u *user.User, _ one) (op.None, error) {
		has, err := auth.FactorsOf(tx, u.ID)
		if err != nil {
			return op.None{}, err
		}
		last, err := reminded(tx, u.ID, tx.Now())
		switch {
		case err != nil:
			return op.None{}, err
		case u.Kinds&user.IsStaff == 0 || u.Status != user.Active:
			return op.None{}, ErrNoStaff
		case has.Any():
			return op.None{}, ErrHasFactor
		case u.Email == "":
			return op.None{}, ErrNoAddress
		case last > 0:
			return op.None{}, ErrReminded
		}
		tx.Note("reminded", "second factor")
		return op.None{}, mailing.Post(tx, u, reminderKind, mailing.Letter{
			Subject: "Please protect your account with a second factor",
			Lines: []string{
				"Your account at the desk is protected by a password alone. Whoever learns it, or guesses it, gets in.",
				"Add a passkey or an authenticator app: it takes two minutes.",
			},
			Button: "Add a second factor", Path: "/admin/me/security",
			After: []string{"You are asked to sign in first, if you are not."},
			Bulk:  true,
		})
	},
}
