package access

// Verdict is what one grant has to say to a question.
type Verdict uint8

// The verdicts, from the one that decides to the one that helps least. A refusal is explained by the best verdict that there is.
const (
	Gives       Verdict = iota // yes
	NotThisKind                // it reaches the place, but not this kind of person, or only what is the holder's own
	OtherPlace                 // it gives the permission, at another node
	NotYet                     // it would give it here, but has not begun
	Ended                      // it would give it here, but has ended
	TakenAway                  // the role has it, and this grant was given without it
	Narrowed                   // the owner has it, and this key or impersonation was made without it
	NotInRole                  // the role does not have it
	Unrelated                  // not in force, or elsewhere and for other people: it would not help as it is
	Void                       // the grant gives nothing: its role cannot stand there, or takes no adjustment
)

// Step is the verdict of one grant, with what a person needs to see why.
type Step struct {
	Verdict Verdict `json:"verdict"`
	Grant   string  `json:"grant"`
	Role    string  `json:"role"` // the role's key
	Name    string  `json:"role_name"`
	Scope   Scope   `json:"scope,omitzero"`
	From    int64   `json:"from,omitempty"`
	Until   int64   `json:"until,omitempty"`
	People  People  `json:"people,omitempty"` // with NotThisKind: whom it reaches
}

// Explanation is the answer of Can with its reasons. Allowed always equals Can.
type Explanation struct {
	Allowed    bool       `json:"allowed"`
	Permission Permission `json:"permission"`
	Scope      Scope      `json:"scope,omitzero"`
	Person     PersonKind `json:"person"`
	// Decided is the grant that decided, or came closest. Nil where there is no grant at all.
	Decided *Step `json:"decided,omitempty"`
	// Elsewhere is where the caller has the permission instead, for such a person: the fewest nodes.
	Elsewhere []Scope `json:"elsewhere,omitempty"`
	// Steps has every grant, in order.
	Steps []Step `json:"steps"`
}

// Explain answers as Can does, and says why. Turn it into words with Explanation.Sentence.
func (gs Grants) Explain(now int64, p Permission, s Scope, kind PersonKind) Explanation {
	e := Explanation{Permission: p, Scope: s, Person: kind, Steps: make([]Step, len(gs))}
	for i := range gs {
		g := &gs[i]
		step := Step{Verdict: g.verdict(now, p, s, kind), Grant: g.ID, Scope: g.Scope, From: g.From, Until: g.Until}
		if g.Role != nil {
			step.Role, step.Name = g.Role.Key, g.Role.Name
		}
		if step.Verdict == NotThisKind {
			step.People = g.reaches(p)
		}
		e.Steps[i] = step
		if e.Decided == nil || step.saysMoreThan(e.Decided) {
			e.Decided = &e.Steps[i]
		}
	}
	e.Allowed = e.Decided != nil && e.Decided.Verdict == Gives
	if !e.Allowed {
		e.Elsewhere = gs.NodesFor(now, p, kind)
	}
	return e
}

// saysMoreThan prefers the better verdict, then the grant that ended last or begins first.
func (s *Step) saysMoreThan(o *Step) bool {
	switch {
	case s.Verdict != o.Verdict:
		return s.Verdict < o.Verdict
	case s.Verdict == NotYet:
		return s.From < o.From
	case s.Verdict == Ended:
		return s.Until > o.Until
	}
	return false
}

func (g *Grant) verdict(now int64, p Permission, s Scope, kind PersonKind) Verdict {
	if g.state != sound || int(kind) >= kinds {
		return Void
	}
	here, inForce, reached := g.Scope.Covers(s), g.InForce(now), g.reach[kind].Has(p)
	switch {
	case here && inForce && reached:
		return Gives
	case !g.reach[Somebody].Has(p):
		return g.whyNotHeld(now, p)
	case here && inForce:
		return NotThisKind
	case inForce && reached && !s.IsZero():
		return OtherPlace
	case here && reached && now < g.From:
		return NotYet
	case here && reached:
		return Ended
	}
	return Unrelated
}

func (g *Grant) whyNotHeld(now int64, p Permission) Verdict {
	switch {
	case !g.InForce(now):
		return Unrelated
	case g.Adjustment.apply(g.Role.Set).Has(p):
		return Narrowed
	case g.Role.Set.Has(p):
		return TakenAway
	}
	return NotInRole
}

// reaches is the kinds of person for whom the grant gives p.
func (g *Grant) reaches(p Permission) People {
	var people People
	for _, kind := range []PersonKind{Customer, CompanyUser, Staff, Self} {
		if g.reach[kind].Has(p) {
			people |= PeopleOf(kind)
		}
	}
	return people
}

var verdictNames = [...]string{"gives", "not_this_kind_of_person", "other_place", "not_yet", "ended", "taken_away", "narrowed",
	"not_in_role", "unrelated", "void"}

// String is the verdict's name.
func (v Verdict) String() string { return nameOf(verdictNames[:], v) }

// MarshalText writes the verdict's name.
func (v Verdict) MarshalText() ([]byte, error) { return writeName(verdictNames[:], v) }

// UnmarshalText reads a verdict's name.
func (v *Verdict) UnmarshalText(text []byte) error { return readName(verdictNames[:], v, text) }
