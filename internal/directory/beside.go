package directory

import (
	"errors"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// Beside asks who stands before and after a person in a list.
type Beside struct {
	Ask
	User user.ID `json:"user"`
}

// Neighbours are the people before and after; empty: nobody.
type Neighbours struct{ Prev, Next user.ID }

// The neighbours of a person in each list, for the arrows of a profile that was opened from it.
var (
	UsersBeside = &op.Query[Beside, Neighbours]{
		Name: "user.beside", Summary: "Find the users before and after one in a list", Allow: access.UsersView, Do: users.beside,
	}
	CustomersBeside = &op.Query[Beside, Neighbours]{
		Name: "customer.beside", Summary: "Find the customers before and after one in a list", Allow: access.CustomersView, Do: customers.beside,
	}
)

// beside walks one step in each direction from the person. Who has left the list meanwhile (their status changed, say) still has a
// place in its order; who is not in the viewer's reach has none.
func (l *roll) beside(v *op.View, in Beside) (n Neighbours, err error) {
	r, err := l.open(v, in.Ask)
	if err != nil {
		return n, err
	}
	here, err := r.place(in.User)
	if err != nil || here == nil {
		return n, err
	}
	for _, side := range []struct {
		desc bool
		to   *user.ID
	}{{!r.req.Sort.Desc, &n.Prev}, {r.req.Sort.Desc, &n.Next}} {
		d := direction{desc: side.desc, after: here, limit: 1}
		hits, err := r.look(d)
		if err != nil {
			return n, err
		}
		if len(hits) == 0 {
			continue
		}
		if *side.to, err = store.Value[user.ID](v.QueryRow("select id from users where num = $1", hits[0].num)); err != nil {
			return n, err
		}
	}
	return n, nil
}

// place is where a person stands in the order of the list; nil: nowhere that the viewer may know of.
func (r *run) place(id user.ID) (*hit, error) {
	b := builder()
	key := "p." + r.order.Key
	if r.order.Text {
		key = "u." + r.order.Key
	}
	b.Select("p.num", key+" as k").From("users u cross join people p").
		Where("u.id = "+b.Var(string(id)), "p.num = u.num", "u.brand_id = "+b.Var(string(r.home)), r.list.base, r.reach.condition(b, r.places.byScope))
	hits, err := r.hits(b)
	if errors.Is(err, store.ErrNoRows) || err != nil || len(hits) == 0 {
		return nil, err
	}
	return &hits[0], nil
}
