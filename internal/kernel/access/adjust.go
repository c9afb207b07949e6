package access

import (
	"fmt"
	"strings"
)

// Adjustment is what a grant has beyond its role, and what it lacks of it. Removal wins.
type Adjustment struct {
	Add    Set `json:"add,omitzero"`
	Remove Set `json:"remove,omitzero"`
}

// Check refuses an adjustment that the role does not take.
func (a Adjustment) Check(r *Role) error {
	switch {
	case a != Adjustment{} && !r.Adjustable():
		return ErrNotAdjusted
	case !a.Add.Intersect(ownArea).Empty():
		return ErrOwnForStaff
	}
	return nil
}

func (a Adjustment) apply(role Set) Set { return role.Union(a.Add).Minus(a.Remove) }

// Adjust turns the rows of the form into an adjustment of the role. A choice states its area whole: what it does not name is not
// held. Areas without a choice stay as the role has them.
func Adjust(r *Role, choices map[Area]Choice) (Adjustment, error) {
	var a Adjustment
	for area, choice := range choices {
		want, have := choice.Set(area), r.Set.Intersect(area.Permissions())
		a.Add = a.Add.Union(want.Minus(have))
		a.Remove = a.Remove.Union(have.Minus(want))
	}
	return a, a.Check(r)
}

// Change is one difference between a grant and its role, as people count them: another level, or a single verb.
type Change struct {
	Area  Area       `json:"area"`
	Level bool       `json:"level"`                // another level: From and To
	From  Choice     `json:"from"`                 // what the role has of the area
	To    Choice     `json:"to"`                   // what the grant has of it
	Verb  Permission `json:"permission,omitempty"` // otherwise: a single verb …
	Given bool       `json:"given,omitempty"`      // … added, or taken away
}

// Changes is how the adjustment differs from the role, in the order of display.
func (a Adjustment) Changes(r *Role) []Change {
	var changes []Change
	result := a.apply(r.Set)
	for _, area := range Areas() {
		from, to := area.Choice(r.Set), area.Choice(result)
		given := to.Set(area).Minus(from.Set(area))
		taken := from.Set(area).Minus(to.Set(area))
		if from.Level != to.Level {
			changes = append(changes, Change{Area: area, Level: true, From: from, To: to})
			given, taken = given.Minus(area.At(to.Level)), taken.Minus(area.At(from.Level))
		}
		for p := range given.Union(taken).All {
			changes = append(changes, Change{Area: area, From: from, To: to, Verb: p, Given: given.Has(p)})
		}
	}
	return changes
}

// String is the change in words: "Settings: View instead of Edit", "Orders: “Refund orders” taken away".
func (c Change) String() string {
	if !c.Level {
		if c.Given {
			return fmt.Sprintf("%s: “%s” added", c.Area.Label(), c.Verb.Label())
		}
		return fmt.Sprintf("%s: “%s” taken away", c.Area.Label(), c.Verb.Label())
	}
	kept := ""
	for p := range c.To.Single.Intersect(c.Area.At(c.From.Level)).All {
		kept += fmt.Sprintf(" and “%s”", p.Label())
	}
	return fmt.Sprintf("%s: %s%s instead of %s", c.Area.Label(), c.To.Level.Label(), kept, c.From.Level.Label())
}

// Describe names a grant's role with the number of changes: "Brand Admin, 2 changes".
func (a Adjustment) Describe(r *Role) string {
	switch n := len(a.Changes(r)); n {
	case 0:
		return r.Name
	case 1:
		return r.Name + ", 1 change"
	default:
		return fmt.Sprintf("%s, %d changes", r.Name, n)
	}
}

// Summary is all changes in one line; empty where there are none.
func (a Adjustment) Summary(r *Role) string {
	var lines []string
	for _, c := range a.Changes(r) {
		lines = append(lines, c.String())
	}
	return strings.Join(lines, "; ")
}
