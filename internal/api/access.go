package api

import (
	"errors"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// The rest of the platform asks here who may do what: products, pages and competitions that Steward does not hold are guarded by the
// same roles. Who asks needs access.check at the place that they ask about. Whom they ask about they need not be allowed to see: a
// person without a grant that reaches the place, a person next door and nobody at all answer the same.

// maxChecks is how many questions one call may have.
const maxChecks = 200

// Question asks whether a person may do something at a place.
type Question struct {
	User       string `json:"user" required:"true" example:"usr_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Permission string `json:"permission" required:"true" example:"orders.refund"`
	Scope      string `json:"scope" required:"true" example:"brand/brd_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	About      string `json:"about,omitempty" enum:"everybody,customer,company_user,staff,self" default:"everybody" description:"What kind of person it would be done to, or self for what is the user's own. A Hub Admin suspends customers, but not staff."`
}

// question is a Question that was understood.
type question struct {
	User       string
	Permission access.Permission
	Scope      access.Scope
	About      access.PersonKind
}

func (q Question) read(at string) (out question, err error) {
	var wrong errs.Wrong
	out.User = q.User
	if !isID(q.User) {
		wrong.Add(at+"user", "Write the id of an account.")
	}
	if out.Permission, err = access.ParsePermission(q.Permission); err != nil {
		wrong.Add(at+"permission", "%s", errs.Of(err).Detail)
	}
	if out.Scope, err = access.ParseScope(q.Scope); err != nil {
		wrong.Add(at+"scope", "%s", access.ErrMalformedScope.Detail)
	}
	if q.About != "" && (out.About.UnmarshalText([]byte(q.About)) != nil || out.About == access.Somebody) {
		wrong.Add(at+"about", "Write everybody, customer, company_user, staff or self.")
	}
	return out, wrong.Err()
}

// verdict is an answer, with as much of its reasons as the caller may know.
type verdict struct {
	question
	access.Explanation
}

var accessCheck = &op.Query[[]question, []verdict]{
	Name: "access.check", Summary: "Ask whether people may do things at places", Allow: access.AccessCheck,
	Do: func(v *op.View, all []question) ([]verdict, error) {
		return judge(v, all, func(i int) string { return at("checks", i) })
	},
}

var accessExplain = &op.Query[[]question, []verdict]{
	Name: "access.explain", Summary: "Ask why somebody may do something at a place, or why not", Allow: access.AccessCheck,
	Do: func(v *op.View, all []question) ([]verdict, error) {
		return judge(v, all, func(int) string { return "" })
	},
}

// judge answers every question. at says how the fields of one are called where it was sent.
func judge(v *op.View, all []question, at func(int) string) ([]verdict, error) {
	nodes := v.Nodes(access.AccessCheck)
	places := map[access.Scope]error{}
	people := map[string]access.Grants{}
	out := make([]verdict, len(all))
	for i, q := range all {
		err, known := places[q.Scope]
		if !known {
			err = askable(v, nodes, q.Scope)
			places[q.Scope] = err
		}
		if errors.Is(err, errs.ErrNotFound) {
			return nil, errs.Field(at(i)+"scope", "There is no such place, or it is not yours to ask about.")
		}
		if err != nil {
			return nil, err
		}
		held, known := people[q.User]
		if !known {
			if held, err = holds(v, nodes, q.User); err != nil {
				return nil, err
			}
			people[q.User] = held
		}
		out[i] = verdict{question: q, Explanation: held.Explain(v.Now().UnixMilli(), q.Permission, q.Scope, q.About)}
	}
	return out, nil
}

// askable says whether the caller may ask about a place, and whether there is one.
func askable(v *op.View, nodes []access.Scope, s access.Scope) error {
	if !covered(nodes, s) {
		return errs.ErrNotFound
	}
	switch s.Kind() {
	case access.PlatformNode:
		return nil
	case access.BrandNode:
		_, err := brand.Find(v, brand.ID(s.BrandID()))
		return err
	case access.LocationNode:
		l, err := brand.FindLocation(v, brand.LocationID(s.LocationID()))
		if err == nil && l.Scope() != s {
			err = errs.ErrNotFound
		}
		return err
	}
	return errs.ErrNotFound // companies are not here yet
}

// holds is what a person holds, as far as it concerns places that the caller may ask about. Nobody, and who may not sign in, holds
// nothing.
func holds(v *op.View, nodes []access.Scope, id string) (held access.Grants, err error) {
	u, err := user.Find(v, user.ID(id))
	if errors.Is(err, errs.ErrNotFound) || err == nil && u.Status != user.Active {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	all := u.Holds
	if u.Kinds&user.IsCustomer != 0 {
		all = append(all, access.Resolve(access.Grant{ID: "account", Role: access.CustomerRole, Scope: u.Brand.Scope()})...)
	}
	for _, g := range all {
		if touched(nodes, g.Scope) {
			held = append(held, g)
		}
	}
	return held, nil
}

func covered(nodes []access.Scope, s access.Scope) bool {
	for _, n := range nodes {
		if n.Covers(s) {
			return true
		}
	}
	return false
}

// touched says whether a node lies in, or above, one of the nodes.
func touched(nodes []access.Scope, s access.Scope) bool {
	for _, n := range nodes {
		if n.Covers(s) || s.Covers(n) {
			return true
		}
	}
	return false
}
