package api

import (
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
)

type (
	checks struct {
		Checks []Question `json:"checks" required:"true" minItems:"1" maxItems:"200"`
	}
	explain struct {
		Question
	}
)

// Checked is the answer to one question.
type Checked struct {
	User       string `json:"user"`
	Permission string `json:"permission"`
	Scope      string `json:"scope"`
	About      string `json:"about"`
	Allowed    bool   `json:"allowed"`
}

// AllChecked are the answers, in the order of the questions.
type AllChecked struct {
	Data []Checked `json:"data"`
}

// Explained is an answer with its reasons.
type Explained struct {
	Checked
	Sentence  string   `json:"sentence" description:"For people."`
	Decided   *Step    `json:"decided" description:"The grant that decided, or came closest; null where there is none."`
	Elsewhere []string `json:"elsewhere" description:"Where the person may do it instead."`
	Steps     []Step   `json:"steps" description:"Every grant that the caller may know of, with what it has to say."`
}

// Step is what one grant has to say.
type Step struct {
	Verdict  access.Verdict `json:"verdict" enum:"gives,not_this_kind_of_person,other_place,not_yet,ended,taken_away,narrowed,not_in_role,unrelated,void"`
	Grant    string         `json:"grant"`
	Role     string         `json:"role" example:"hub_admin"`
	RoleName string         `json:"role_name" example:"Hub Admin"`
	Scope    string         `json:"scope"`
	From     Time           `json:"from"`
	Until    Time           `json:"until"`
}

func showStep(s access.Step) Step {
	return Step{s.Verdict, s.Grant, s.Role, s.Name, s.Scope.String(), Time(s.From), Time(s.Until)}
}

func showChecked(v verdict) Checked {
	return Checked{v.User, v.question.Permission.String(), v.question.Scope.String(), v.About.String(), v.Allowed}
}

func (c *Call) showExplained(v verdict) Explained {
	out := Explained{
		Checked: showChecked(v), Sentence: v.Sentence(access.Words{Who: "This person", Place: c.placeName}),
		Elsewhere: mapped(v.Elsewhere, access.Scope.String), Steps: mapped(v.Steps, showStep),
	}
	if v.Decided != nil {
		step := showStep(*v.Decided)
		out.Decided = &step
	}
	return out
}

// placeName is how people call a place, as far as the caller may know of it.
func (c *Call) placeName(s access.Scope) string {
	if s == access.Platform {
		return "the platform"
	}
	d, err := op.Ask(c.Context(), c.Door, c.Caller, brand.Show, brand.ID(s.BrandID()))
	if err != nil {
		return s.String()
	}
	if s.Kind() == access.BrandNode {
		return d.Brand.Name
	}
	for _, l := range d.Locations {
		if l.Scope() == s {
			return d.Brand.Name + ": " + l.Name
		}
	}
	return s.String()
}

func accesses(t *table) {
	Query(t, "POST /v1/access/check", accessCheck,
		func(_ *Call, w checks) (all []question, err error) {
			if len(w.Checks) == 0 || len(w.Checks) > maxChecks {
				return nil, errs.Field("checks", "Ask 1 to %d questions in a call.", maxChecks)
			}
			for i, q := range w.Checks {
				read, err := q.read(at("checks", i))
				if err != nil {
					return nil, err
				}
				all = append(all, read)
			}
			return all, nil
		},
		func(_ *Call, _ checks, all []verdict) (AllChecked, error) {
			return AllChecked{mapped(all, showChecked)}, nil
		})
	Query(t, "POST /v1/access/explain", accessExplain,
		func(_ *Call, w explain) ([]question, error) {
			q, err := w.read("")
			return []question{q}, err
		},
		func(c *Call, _ explain, all []verdict) (Explained, error) { return c.showExplained(all[0]), nil })
}
