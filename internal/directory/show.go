package directory

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/user"
)

// Profile is a person's whole picture, as far as the viewer may see it. A section that they may not see is nil, so that a page
// leaves no hole for it.
type Profile struct {
	User      *user.User // with Holds emptied: what a person holds is in Staff
	Title     string
	Brand     *brand.Brand    // nil: of the platform
	Home      *brand.Location // nil: none
	Externals []External      // what other systems call the person
	Role      string          // key of the staff role in force; customer for a customer without one; empty
	Self      bool            // the viewer's own
	MovedBy   string          // who made the last move of the status, in words; for who may look at accounts
	CheckedBy string          // who marked the ID as verified, in words

	Staff      *Staff      // staff_roles.view, or one's own
	Purchases  *Purchases  // customers.purchases, of a customer
	Financials *Financials // customers.financials, of a customer
	Can        Can
}

// External is an id by which another system knows the person.
type External struct{ Source, ID string }

// Staff is who gave the person which role where.
type Staff struct {
	Grants []role.Grant // all that have not ended, in force or to come
}

// Purchases is what a customer bought, without sums of money.
type Purchases struct {
	Orders         int64
	ThisMonth      int64 // orders placed since the first of the month, whatever became of them
	Refunds        int64
	FirstOrderAt   int64
	LastOrderAt    int64
	Favourite      string // empty: no categories
	FavouriteShare int64  // of the order lines with a category, in hundredths of a percent
	Tier           customer.Level
	TierUntil      int64 // first instant after the tier's last day; 0: no expiry
}

// Financials is what a customer spent.
type Financials struct {
	Lifetime     money.Amount // native and imported, less refunds
	Imported     money.Amount
	ImportedFrom string
	Average      money.Amount // native gross by native orders
	Refunded     money.Amount
	Profit       money.Amount // of the lines with a cost
	Next         customer.Level
	Missing      money.Amount // to Next
	Top          bool         // there is no tier above the earned one
	Rank         int64        // 1 is the customer with the most spend; 0: not among the first thousand, nothing spent, or the viewer sees only some
}

// Can says what a page may offer to do. It decides what to show, never what is allowed.
type Can struct {
	Edit, ChangeRole, Deactivate, Sessions, Audit       bool
	Suspend, Ban, Delete, ResetPassword, VerifyIdentity bool
	Verify                                              bool // e-mail and phone
}

// Show reads a person's profile.
var Show = &op.Query[user.ID, *Profile]{
	Name: "person.show", Summary: "Show a person's profile", Own: true, Do: show,
}

func show(v *op.View, id user.ID) (*Profile, error) {
	if err := v.Signed(); err != nil {
		return nil, err
	}
	u, err := user.Find(v, id)
	if err != nil {
		return nil, err
	}
	subject := u.Subject()
	if !v.Knows(subject) {
		return nil, errs.ErrNotFound
	}
	p := &Profile{User: u, Self: v.Caller().Is(string(u.ID))}
	p.Can = Can{
		Edit:       v.Can(access.UsersEdit, subject) || v.Can(access.EditPermission(subject.People), subject),
		ChangeRole: v.Can(access.StaffRolesAssign, subject) && !p.Self,
		Deactivate: v.Can(access.UsersDeactivate, subject) && !p.Self,
		Sessions:   v.Can(access.UsersSessions, subject) || p.Self,
		Audit:      v.Can(access.AuditView, subject),
	}
	if !p.Self && !v.Caller().Grants.HoldsMore(v.Now().UnixMilli(), subject.Holds) { // nobody acts on somebody who holds more
		p.Can.Suspend, p.Can.Ban = v.Can(access.UsersSuspend, subject), v.Can(access.UsersBan, subject)
		p.Can.Delete, p.Can.ResetPassword = v.Can(access.UsersDelete, subject), v.Can(access.UsersResetPassword, subject)
		p.Can.VerifyIdentity, p.Can.Verify = v.Can(access.UsersVerifyIdentity, subject), p.Can.Edit
	}
	if err := p.place(v); err != nil {
		return nil, err
	}
	if err := p.account(v, subject); err != nil {
		return nil, err
	}
	if u.Kinds&user.IsCustomer == 0 {
		return p, nil
	}
	return p, p.history(v, subject)
}

func (p *Profile) place(v *op.View) (err error) {
	u := p.User
	if u.Brand != brand.Platform {
		if p.Brand, err = brand.Find(v, u.Brand); err != nil {
			return err
		}
	}
	if u.Location != "" {
		p.Home, err = brand.FindLocation(v, u.Location)
	}
	return err
}

// account is what the account itself says. Why somebody was suspended is for who may look at accounts.
func (p *Profile) account(v *op.View, subject op.Subject) (err error) {
	u := p.User
	if !v.Can(access.UsersView, subject) {
		u.StatusReason, u.StatusMessage, u.BanReason, u.StatusBy = "", "", "", ""
	}
	if p.MovedBy, err = who(v, u.StatusBy); err != nil {
		return err
	}
	if p.CheckedBy, err = who(v, u.IDVerifiedBy); err != nil {
		return err
	}
	p.Externals, err = store.All(v, func(row store.Row) (e External, err error) { return e, row.Scan(&e.Source, &e.ID) },
		"select source, external_id from external_ids where user_num = $1 order by source, external_id", u.Num)
	if err != nil {
		return err
	}
	first := ""
	if len(p.Externals) > 0 {
		first = p.Externals[0].ID
	}
	p.Title = Title(u.Name(), u.Email, first, u.Num)
	var grants []role.Grant
	if u.Kinds&user.IsStaff != 0 {
		if grants, err = role.Of(v, string(u.ID)); err != nil {
			return err
		}
	}
	if held := role.Now(grants, v.Now().UnixMilli()); held != nil {
		p.Role = held.Key
	} else if u.Kinds&user.IsCustomer != 0 {
		p.Role = customerRole
	}
	if len(grants) > 0 && (p.Self || v.Can(access.StaffRolesView, subject)) {
		p.Staff = &Staff{Grants: grants}
	}
	u.Holds = nil
	return nil
}

// who names an actor of the account's life. Colleagues are named as the log names them; a program and the machine are no persons.
func who(v *op.View, id string) (string, error) {
	switch {
	case id == "":
		return "", nil
	case strings.HasPrefix(id, "key_"):
		return "an API key", nil
	case !strings.HasPrefix(id, "usr_"):
		return "Steward", nil
	}
	u, err := user.Table.Find(v, id)
	if errors.Is(err, errs.ErrNotFound) {
		return "somebody who is gone", nil
	}
	if err != nil {
		return "", err
	}
	return u.Name(), nil
}

// history is what the person's orders say, each part by its own permission. What neither allows is not read.
func (p *Profile) history(v *op.View, subject op.Subject) error {
	seesPurchases, seesFinancials := v.Can(access.CustomersPurchases, subject), v.Can(access.CustomersFinancials, subject)
	if !seesPurchases && !seesFinancials {
		return nil
	}
	s, err := customer.FindStats(v, p.User.Num)
	if err != nil {
		return err
	}
	if seesPurchases {
		p.Purchases = &Purchases{
			Orders: s.Orders, Refunds: s.Refunds, FirstOrderAt: s.FirstOrderAt, LastOrderAt: s.LastOrderAt,
			Favourite: s.Favourite, FavouriteShare: s.FavouriteShare, Tier: s.Tier, TierUntil: s.TierUntil,
		}
		today := v.Now().In(p.Brand.Location())
		month := time.Date(today.Year(), today.Month(), 1, 0, 0, 0, 0, today.Location()).UnixMilli()
		p.Purchases.ThisMonth, err = store.Value[int64](v.QueryRow(
			"select count(*) from orders where user_num = $1 and placed_at >= $2 and status = 'paid'", s.Num, month))
		if err != nil {
			return err
		}
	}
	if !seesFinancials {
		return nil
	}
	return p.financials(v, s)
}

func (p *Profile) financials(v *op.View, s customer.Stats) (err error) {
	currency := p.Brand.Currency
	in := func(minor int64) money.Amount { return money.Of(minor, currency) }
	f := &Financials{
		Lifetime: in(s.Lifetime), Imported: in(s.Imported), Average: in(s.Average()), Refunded: in(s.Refunded), Profit: in(s.Profit),
	}
	limits, _, err := customer.LoadSettings(v, p.Brand.ID)
	if err != nil {
		return err
	}
	next, missing, more := customer.NextTier(s.Lifetime, limits.Thresholds(currency))
	f.Next, f.Missing, f.Top = next, in(missing), !more
	if s.Imported != 0 {
		f.ImportedFrom, err = store.Value[string](v.QueryRow("select imported_from from customers where user_num = $1", s.Num))
		if err != nil {
			return err
		}
	}
	if f.Rank, err = rank(v, p.Brand, s); err != nil {
		return err
	}
	p.Financials = f
	return nil
}

// firstRanks is how far a rank is counted: below it nobody asks, and the count would take longer than the whole profile.
const firstRanks = 1000

// rank is the customer's place by lifetime spend, if the viewer sees the spend of all of the brand's customers: a rank counts the
// others too. Those who have been archived since count as well: it is a place in what was spent, and read from the index alone.
func rank(v *op.View, b *brand.Brand, s customer.Stats) (int64, error) {
	reach := reachOf(v, access.CustomersFinancials, b.ID.Scope())
	if s.Lifetime <= 0 || slices.ContainsFunc(reach.kinds[:], func(p portion) bool { return !p.all }) {
		return 0, nil
	}
	above, err := store.Value[int64](v.QueryRow(`select count(*) from (select 1 as one from people
		where brand_num = $1 and lifetime > $2 order by lifetime desc limit $3) as above`, b.Num, s.Lifetime, firstRanks))
	if err != nil || above == firstRanks {
		return 0, err
	}
	return above + 1, nil
}
