package account

import (
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// Opening is what a page of the desk needs before it is drawn, at the place or for the thing that it is about.
type Opening struct {
	Any []access.Permission `json:"any"` // any one of them; a refusal names the first

	// The page is about one of these, the first that is set, else about the platform.
	User     user.ID          `json:"user,omitempty"`
	Location brand.LocationID `json:"location,omitempty"`
	Brand    brand.ID         `json:"brand,omitempty"`

	Below   bool `json:"below,omitempty"`    // held anywhere in the brand is enough
	Self    bool `json:"self,omitempty"`     // people may do it to themselves, whatever they hold
	NotSelf bool `json:"not_self,omitempty"` // nobody does it to themself
}

// Open answers whether a page opens. The operations behind the page ask for their own: this is so that who may not go on is told
// before they fill a form in, and so that the refusal is recorded like any other.
var Open = &op.Query[Opening, op.None]{
	Name: "desk.open", Summary: "Open a page of the desk", Own: true,
	Do: func(v *op.View, in Opening) (op.None, error) {
		if err := v.Signed(); err != nil || len(in.Any) == 0 {
			return op.None{}, orElse(err, op.ErrForbidden)
		}
		target, err := in.about(v)
		if err != nil {
			return op.None{}, err
		}
		self := in.User != "" && v.Caller().Is(string(in.User))
		wants := in.Any[0]
		for _, p := range in.Any {
			if v.Can(p, target.Subjects()[0]) {
				wants = p
				break
			}
		}
		err = v.Require(wants, target)
		switch {
		case in.NotSelf && self:
			return op.None{}, op.ErrOneself
		case in.Self && self, in.Below && in.below(v, target.Subjects()[0].Scope):
			return op.None{}, nil
		}
		return op.None{}, err
	},
}

// about loads what the page is about.
func (in Opening) about(v *op.View) (op.Target, error) {
	switch {
	case in.User != "":
		return user.Find(v, in.User)
	case in.Location != "":
		l, err := brand.FindLocation(v, in.Location)
		if err != nil {
			return nil, err
		}
		return l, nil
	case in.Brand != "" && in.Brand != brand.Platform:
		return brand.Find(v, in.Brand)
	}
	return op.Installation, nil
}

// below says whether one of the permissions is held anywhere in or above the place.
func (in Opening) below(v *op.View, at access.Scope) bool {
	for _, p := range in.Any {
		for _, n := range v.Nodes(p) {
			if n.Covers(at) || at.Covers(n) {
				return true
			}
		}
	}
	return false
}
