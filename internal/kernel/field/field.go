package field

import (
	"slices"

	"github.com/stewardhq/steward/internal/kernel/access"
)

// Type says what a field's values are, and with that how they are written, read and compared.
type Type string

// The types.
const (
	Text   Type = "text"
	Number Type = "number" // int64
	Money  Type = "money"  // money.Amount; minor units in conditions
	Share  Type = "share"  // int64, hundredths of a percent
	Time   Type = "time"   // int64, epoch milliseconds UTC; 0 is never
	Flag   Type = "flag"   // bool
	Choice Type = "choice" // string, one of the field's choices
)

// Op is how a filter compares.
type Op string

// The operators. In an address they stand in brackets: lifetime_spend[gte]=5000. Is stands without: status=active.
const (
	Is       Op = ""
	AtLeast  Op = "gte"
	MoreThan Op = "gt"
	AtMost   Op = "lte"
	LessThan Op = "lt"
	In       Op = "band" // one of the field's bands
	Last     Op = "last" // so many days until now
)

// Field is one field of a list of rows R.
type Field[R any] struct {
	Key     string // in addresses, JSON and the head of a CSV file; never renamed once shipped
	Label   string // what people read
	Type    Type
	Aliases []string            // other names that sort takes
	See     []access.Permission // any one of them lets a viewer see it

	// Select is the SQL of its columns, and Into where they are scanned to. A field without is only filtered on.
	Select string
	Into   func(*R) []any
	// Value is what stands in the row, as the Type says.
	Value func(*R) any

	// Where is the SQL expression that filters compare; Condition replaces the comparison where one expression does not do.
	Where     string
	Condition func(b Builder, p *Predicate) string
	Choices   []Option
	Bands     []Band
	// Normal brings a typed choice into the form of Option.Value.
	Normal func(string) string

	Sort *Order // nil: the list is not sorted by it
}

// Builder takes a value and gives the placeholder that stands for it in SQL.
type Builder interface{ Var(value any) string }

// Option is one value of a Choice.
type Option struct {
	Value   string // in addresses and JSON
	Label   string
	Aliases []string
	Nums    []int64 // what stands in the database; several for a city with several locations
}

// Band is a named stretch of numbers, [From, To). Of money, the ends are in whole units of the currency.
type Band struct {
	Name, Label string
	From, To    int64
	NoFrom      bool // takes everything below To
	NoTo        bool // takes everything from From
}

// Order is what an order by the field walks along: a column of a table that has an index for it.
type Order struct {
	Table string
	Key   string
	Text  bool // the key is text, else a number
	Desc  bool // the direction that people mean by a first click: newest, most
}

// ops are the operators that the field takes.
func (f *Field[R]) ops() []Op {
	if f.Where == "" && f.Condition == nil {
		return nil
	}
	switch f.Type {
	case Number, Money, Share:
		ops := []Op{Is, AtLeast, MoreThan, AtMost, LessThan}
		if len(f.Bands) > 0 {
			ops = append(ops, In)
		}
		return ops
	case Time:
		return []Op{AtLeast, MoreThan, AtMost, LessThan, Last}
	}
	return []Op{Is}
}

func (f *Field[R]) takes(op Op) bool { return slices.Contains(f.ops(), op) }

// CanFilter says whether the field has a filter.
func (f *Field[R]) CanFilter() bool { return len(f.ops()) > 0 }
