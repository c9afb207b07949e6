package access

import "slices"

// Area is a group of permissions, "orders". The Add user form offers one level for each area and the single verbs under it.
type Area string

// Level is a handy choice for an area. It is not stored: a level chosen in the form becomes additions to the role and removals
// from it (see Adjust), and is read back with Area.Choice.
type Level uint8

// The levels. Each contains the one before.
const (
	None Level = iota // nothing of the area
	View              // its view
	Edit              // see, create, change, process, inventory; never delete, refund, cancel, export, financials, bank details
)

// Areas is every area in the order of display.
func Areas() []Area {
	list := make([]Area, len(areas))
	for i, a := range areas {
		list[i] = a.area
	}
	return list
}

// Label is the area's name as people read it.
func (a Area) Label() string {
	for _, row := range areas {
		if row.area == a {
			return row.label
		}
	}
	return string(a)
}

// Permissions is everything in the area.
func (a Area) Permissions() Set { return byArea[a].all }

// At is what a level of the area gives.
func (a Area) At(level Level) Set {
	switch level {
	case View:
		return byArea[a].view
	case Edit:
		return byArea[a].edit
	}
	return Set{}
}

// Levels is what the form offers for the area: only levels that differ. Pages have no View, the system has neither.
func (a Area) Levels() []Level {
	levels := []Level{None}
	for _, level := range []Level{View, Edit} {
		if a.At(level) != a.At(levels[len(levels)-1]) {
			levels = append(levels, level)
		}
	}
	return levels
}

// Choice is one row of the form: a level, and what is ticked beside it.
type Choice struct {
	Level  Level `json:"level"`
	Single Set   `json:"single"`
}

// Choice reads a set as the form shows it: the highest level that it has whole, and the rest as single verbs.
func (a Area) Choice(s Set) Choice {
	held := s.Intersect(a.Permissions())
	for _, level := range slices.Backward(a.Levels()) {
		if held.ContainsAll(a.At(level)) {
			return Choice{level, held.Minus(a.At(level))}
		}
	}
	return Choice{}
}

// Set is what a choice for the area gives. Verbs of other areas do not count.
func (c Choice) Set(a Area) Set {
	return a.At(c.Level).Union(c.Single.Intersect(a.Permissions()))
}

// editing names the verbs of the Edit level where they are not "view edit".
var editing = map[Area][]string{
	"products":    {"view", "create", "edit", "inventory"},
	"orders":      {"view", "process"},
	"customers":   {"view", "edit"},
	"loyalty":     {"view", "adjust"},
	"wallets":     {"view", "adjust"},
	"withdrawals": {"view", "manage"},
}

type levels struct{ all, view, edit Set }

var byArea = func() map[Area]levels {
	m := make(map[Area]levels, len(areas))
	for p := range Permissions {
		area, verb := p.Area(), p.Verb()
		verbs, special := editing[area]
		if !special {
			verbs = []string{"view", "edit"}
		}
		l := m[area]
		l.all = l.all.With(p)
		if verb == "view" {
			l.view = l.view.With(p)
		}
		if slices.Contains(verbs, verb) {
			l.edit = l.edit.With(p)
		}
		m[area] = l
	}
	return m
}()

var levelNames = [...]string{"none", "view", "edit"}

// String is the level's name in lower case, as programs write it.
func (l Level) String() string { return nameOf(levelNames[:], l) }

// Label is the level as people read it.
func (l Level) Label() string { return [...]string{"None", "View", "Edit"}[min(l, Edit)] }

// MarshalText writes the level's name.
func (l Level) MarshalText() ([]byte, error) { return writeName(levelNames[:], l) }

// UnmarshalText reads a level's name.
func (l *Level) UnmarshalText(text []byte) error { return readName(levelNames[:], l, text) }
