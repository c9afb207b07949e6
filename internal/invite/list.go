package invite

import (
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// Ask is a page of the list: the invitations of one home, a brand or the platform, last sent first.
type Ask struct {
	Brand    brand.ID
	Statuses []Status // none: all
	Search   string   // words, each of which must stand in the address or in the name of who invited
	Cursor   string   // Next of the page before
	Limit    int
}

// Listed is an invitation as staff see it: never its link.
type Listed struct {
	Invitation
	Email     string
	Status    Status
	By        string // who sent it, where the viewer may know them
	RoleName  string
	MayResend bool
	MayRevoke bool
}

// Page is a page of the list.
type Page struct {
	Rows []Listed
	Next string
	// Searched is set where a search ended before the list did: addresses are sealed, so they are opened one by one, and no more
	// than so many for a page. It is when the last of them was sent.
	Searched int64
}

// maxPage bounds a page.
const maxPage = 200

// ErrCursor refuses a place in the list that it never gave.
var ErrCursor = errs.New(errs.Malformed, "cursor", "This place in the list cannot be read. Start at the first page.")

// List lists invitations in reach of the viewer's users.view (checklist 119-124).
var List = &op.Query[Ask, *Page]{
	Name: "invitation.list", Summary: "List invitations", Allow: access.UsersView,
	Do: func(v *op.View, in Ask) (*Page, error) {
		p := &Page{}
		rows, err := in.find(v, min(max(in.Limit, 1), maxPage), p)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			l, err := listed(v, &rows[i])
			if err != nil {
				return nil, err
			}
			p.Rows = append(p.Rows, l)
		}
		return p, nil
	},
}

// Total counts them; -1 where a search would have to open too many addresses for it.
var Total = &op.Query[Ask, int64]{
	Name: "invitation.total", Summary: "Count invitations", Allow: access.UsersView,
	Do: func(v *op.View, in Ask) (int64, error) {
		if in.Search != "" {
			p := &Page{}
			in.Cursor = ""
			rows, err := in.find(v, opened, p)
			if p.Next != "" {
				return -1, err
			}
			return int64(len(rows)), err
		}
		c, err := in.conditions(v)
		if err != nil {
			return 0, err
		}
		return store.Value[int64](v.QueryRow("select count(*) from invitations "+c.where(), c.args...))
	},
}

// Show shows one invitation.
var Show = &op.Query[string, Listed]{
	Name: "invitation.show", Summary: "Show an invitation", Allow: access.UsersView,
	Do: func(v *op.View, id string) (Listed, error) {
		i, err := Table.Find(v, id)
		if err != nil {
			return Listed{}, errors.Join(err, v.Signed())
		}
		if err := v.Require(access.UsersView, i); err != nil {
			return Listed{}, err
		}
		return listed(v, i)
	},
}

// Reminder is what wants looking after, within the viewer's reach.
type Reminder struct {
	Expiring int64 // pending, and over within two days
	Expired  int64 // ran out in the last seven days
	Due      int64 // roles given thirty days ago, to the week: time to look whether they fit (checklist 86)
}

const day = 24 * 60 * 60 * 1000 // ms

// Current counts what wants looking after (checklist 86, 265): for who invites the invitations, for who sees roles the roles.
var Current = &op.Query[brand.ID, Reminder]{
	Name: "invitation.remind", Summary: "Count invitations that run out, and roles to look at again", Own: true,
	Do: func(v *op.View, b brand.ID) (r Reminder, err error) {
		if err := v.Signed(); err != nil {
			return r, err
		}
		now := v.Now().UnixMilli()
		count := func(p access.Permission, sql, place string, args ...any) (int64, error) {
			c := conditions{args: args}
			if !c.reach(v.NodesFor(p, access.Staff), place, b) {
				return 0, nil
			}
			return store.Value[int64](v.QueryRow(sql+" and "+strings.Join(c.parts, " and "), c.args...))
		}
		open := "select count(*) from invitations where accepted_at = 0 and revoked_at = 0 and expires_at > $1 and expires_at <= $2"
		if r.Expiring, err = count(access.UsersInvite, open, "scope", now, now+2*day); err != nil {
			return r, err
		}
		if r.Expired, err = count(access.UsersInvite, open, "scope", now-7*day, now); err != nil {
			return r, err
		}
		r.Due, err = count(access.StaffRolesView, `select count(distinct user_id) from grants where ended_at = 0 and (until_at = 0 or until_at > $1)
			and given_at > $2 and given_at <= $3`, "scope", now, now-37*day, now-30*day)
		return r, err
	},
}

func listed(v *op.View, i *Invitation) (l Listed, err error) {
	l = Listed{Invitation: *i, Status: i.Status(v.Now()), RoleName: i.RoleName()}
	l.Token, l.AddressMAC = "", ""
	l.Email = i.address(v)
	if l.By, err = sender(v, i.Inviter); err != nil {
		return l, err
	}
	may := i.Open() && v.Caller().Person != string(i.User) &&
		(trusted(v.Caller()) || !v.Caller().Grants.HoldsMore(v.Now().UnixMilli(), i.Subject().Holds) && v.Can(access.UsersInvite, i.Subject()))
	l.MayRevoke = may
	l.MayResend = may && (trusted(v.Caller()) || i.MayBeGivenBy(v.Caller().Grants, v.Now()) == nil)
	return l, nil
}

// address is who was invited, as long as that may be read.
func (i *Invitation) address(v *op.View) string {
	email, err := v.Unseal(string(i.User), i.AddressBox)
	if err != nil {
		return "[erased]"
	}
	return email
}

// sender is who sent an invitation, by name where the viewer knows them.
func sender(v *op.View, inviter user.ID) (string, error) {
	if inviter == "" {
		return "Operator", nil
	}
	by, err := user.Find(v, inviter)
	if err = unlessMissing(err, nil); err != nil {
		return "", err
	}
	if by != nil && v.Knows(by.Subject()) {
		return who(by), nil
	}
	return "A colleague", nil
}

// conditions are what narrows a list, with their values.
type conditions struct {
	parts []string
	args  []any
}

func (c *conditions) arg(value any) string {
	c.args = append(c.args, value)
	return "$" + strconv.Itoa(len(c.args))
}

func (c *conditions) and(part string) { c.parts = append(c.parts, part) }

func (c *conditions) where() string { return "where " + strings.Join(c.parts, " and ") }

// reach leaves what lies at or below the nodes, and within the brand, unless that is the platform. False: there is nothing.
func (c *conditions) reach(nodes []access.Scope, column string, within brand.ID) bool {
	home := within.Scope()
	var either []string
	for _, n := range nodes {
		switch {
		case n.Covers(home):
			n = home
		case !home.Covers(n):
			continue
		}
		if n == access.Platform {
			either = append(either, "1 = 1")
			continue
		}
		at := n.String() + "/"
		either = append(either, column+" = "+c.arg(n.String())+" or substr("+column+", 1, "+c.arg(len(at))+") = "+c.arg(at))
	}
	c.and("(" + strings.Join(append(either, "1 = 0"), " or ") + ")")
	return len(either) > 0
}

func (in Ask) conditions(v *op.View) (*conditions, error) {
	c := &conditions{}
	c.and("brand_id = " + c.arg(string(in.Brand)))
	c.reach(v.NodesFor(access.UsersView, access.Staff), "scope", in.Brand)
	if len(in.Statuses) == 0 {
		return c, nil
	}
	var either []string
	for _, s := range in.Statuses {
		switch s {
		case Pending:
			either = append(either, "accepted_at = 0 and revoked_at = 0 and expires_at > "+c.arg(v.Now().UnixMilli()))
		case Expired:
			either = append(either, "accepted_at = 0 and revoked_at = 0 and expires_at <= "+c.arg(v.Now().UnixMilli()))
		case Accepted:
			either = append(either, "accepted_at > 0")
		case Revoked:
			either = append(either, "revoked_at > 0")
		default:
			return nil, errs.Field("status", "Choose pending, accepted, expired or revoked.")
		}
	}
	c.and("(" + strings.Join(either, " or ") + ")")
	return c, nil
}

// place is a place in the list: just behind an invitation.
type place struct {
	sent int64
	id   string
}

func (i *Invitation) place() place { return place{i.SentAt, i.ID} }

// A cursor says where a page ended. It is signed for the caller and the question, so that none can be made up or passed on.

const macBytes = 16

func (in Ask) sealCursor(v *op.View, at place) string {
	body := strconv.FormatInt(at.sent, 10) + " " + at.id
	return base64.RawURLEncoding.EncodeToString(append(in.macOf(v, body), body...))
}

// openCursor gives the place that a cursor stands for; nil without one.
func (in Ask) openCursor(v *op.View) (*place, error) {
	if in.Cursor == "" {
		return nil, nil //nolint:nilnil // the first page has no cursor, and that is no error
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(in.Cursor)
	if err != nil || len(raw) <= macBytes || !hmac.Equal(raw[:macBytes], in.macOf(v, string(raw[macBytes:]))) {
		return nil, ErrCursor
	}
	at, id, _ := strings.Cut(string(raw[macBytes:]), " ")
	sent, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return nil, ErrCursor
	}
	return &place{sent, id}, nil
}

func (in Ask) macOf(v *op.View, body string) []byte {
	who := string(v.Caller().Kind) + " " + v.Caller().ID
	return v.MAC("invitation cursor", []byte(who), fmt.Append(nil, in.Brand, in.Statuses, in.Search), []byte(body))[:macBytes]
}
