package account

import (
	"strings"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/user"
)

// NewBuyer is somebody who is added to a company. Companies are not rows yet: a grant at brand/B/company/C is all that makes a
// company user. With companies come memberships, invitations to them, and what is checked about the company itself.
type NewBuyer struct {
	Brand     brand.ID `json:"brand"`
	Company   string   `json:"company"` // cmp_…
	Role      string   `json:"role"`    // company_admin, orderer, …
	Email     string   `json:"email"`
	FirstName string   `json:"first_name"`
	LastName  string   `json:"last_name"`
}

// AddBuyer makes an account of a company user, who signs in at the company panel with codes by mail.
var AddBuyer = &op.Action[NewBuyer, buying, user.ID]{
	Name: "company_user.create", Summary: "Add somebody to a company", Allow: access.CompanyUsersCreate,
	Target: func(tx *op.Tx, in NewBuyer) (t buying, err error) {
		if t.brand, err = brand.Find(tx, in.Brand); err != nil {
			return t, err
		}
		t.node = t.brand.ID.Scope().Company(in.Company)
		if _, err := access.ParseScope(t.node.String()); err != nil || t.node.Kind() != access.CompanyNode {
			return t, errs.ErrNotFound
		}
		return t, nil
	},
	Do: func(tx *op.Tx, t buying, in NewBuyer) (user.ID, error) {
		r, err := role.Find(in.Role)
		if err != nil || r.For != access.CompanyUser {
			return "", role.ErrUnknown
		}
		if c := tx.Caller(); c.Kind != op.System && c.Kind != op.Operator {
			if lacks := c.Grants.Lacks(tx.Now().UnixMilli(), r, access.Adjustment{}, t.node); !lacks.Empty() {
				return "", access.RefuseGift(r, lacks, t.node, access.Words{})
			}
		}
		if strings.TrimSpace(in.Email) == "" {
			return "", errs.Field("email", "Write the e-mail address that the person signs in with.")
		}
		u := &user.User{Status: user.Active, FirstName: in.FirstName, LastName: in.LastName, Email: in.Email, Kinds: user.IsCompany}
		if err := u.Number(tx, t.brand); err != nil {
			return "", err
		}
		if err := user.Insert(tx, u); err != nil {
			return "", err
		}
		if err := role.Give(tx, &role.Grant{User: string(u.ID), Brand: string(u.Brand), Role: r.Key, Scope: t.node.String()}); err != nil {
			return "", err
		}
		return u.ID, settle(tx, u)
	},
}

// buying is the company that somebody is added to.
type buying struct {
	brand *brand.Brand
	node  access.Scope
}

// Subjects names the company as a place.
func (t buying) Subjects() []op.Subject {
	return []op.Subject{{Kind: "place", ID: t.node.String(), Scope: t.node}}
}
