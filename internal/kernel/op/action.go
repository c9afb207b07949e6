package op

import (
	"context"
	"reflect"

	"github.com/stewardhq/steward/internal/kernel/access"
)

// Action changes state. Declare it as a package variable and list it in its domain's Operations.
type Action[In any, T Target, Out any] struct {
	Name    string // noun.verb, never renamed once shipped
	Summary string // what it does, for the catalogue and the API's documents

	// Allow is the permission it needs at each of the target's subjects.
	Allow access.Permission
	// AllowFor chooses the permission by the target, where one permission does not fit all: a customer is edited with
	// customers.edit, staff with users.edit. Allow then names the most usual one, for the catalogue.
	AllowFor func(t T, in In) access.Permission
	// Open lets everybody in, signed in or not: signing in itself.
	Open bool
	// Own lets every signed-in person do this to themself, without a permission.
	Own bool
	// NotSelf forbids doing it to oneself, whatever one holds.
	NotSelf bool

	// While says whether it is done during an impersonation; usually not.
	While While

	// StepUp asks for a fresh proof, always or (StepUpIf) for some targets and inputs. Confirm then says what is confirmed.
	StepUp   bool
	StepUpIf func(t T, in In) bool
	Confirm  func(t T, in In) Confirmation
	// Arms says that it gives the person something to confirm with. Who has nothing yet is mailed a code for it, even where the
	// installation mails none.
	Arms bool

	// Target loads what is acted on. It reads for update.
	Target func(tx *Tx, in In) (T, error)
	// Do does the work.
	Do func(tx *Tx, t T, in In) (Out, error)
}

// Confirmation is what a person is shown before they prove that they mean it, and what the mailed code names.
type Confirmation struct {
	Title  string // Change the role of Ada Okafor to Shop Manager
	Facts  []Fact // before → after, amounts, places
	Button string // Change role
}

// Fact is a labelled value of a confirmation.
type Fact struct{ Label, Value string }

// Reasoned is an input that says why.
type Reasoned interface{ Why() string }

// None is the output of an action that answers nothing.
type None struct{}

// Entry is an operation as the catalogue lists it.
type Entry struct {
	Name, Summary string
	Kind          string // action, query, upkeep
	Allow         access.Permission
	Varies        bool // the permission depends on the target
	Open, Own     bool
	NotSelf       bool
	While         While
	StepUp        string // "", always, sometimes
	In, Out       reflect.Type
	// Call runs the operation with an input of type In. It is how pending step-ups resume, and how tests walk the catalogue.
	Call func(ctx context.Context, d *Door, c *Caller, in any, opts ...Option) (any, error)
}

// Operation is what a catalogue is made of: *Action, *Query, *Upkeep.
type Operation interface{ Entry() Entry }

// Entry describes the action.
func (a *Action[In, T, Out]) Entry() Entry {
	stepUp := ""
	switch {
	case a.StepUp:
		stepUp = "always"
	case a.StepUpIf != nil:
		stepUp = "sometimes"
	}
	return Entry{
		Name: a.Name, Summary: a.Summary, Kind: "action", Allow: a.Allow, Varies: a.AllowFor != nil,
		Open: a.Open, Own: a.Own, NotSelf: a.NotSelf, While: a.While, StepUp: stepUp,
		In: reflect.TypeFor[In](), Out: reflect.TypeFor[Out](),
		Call: func(ctx context.Context, d *Door, c *Caller, in any, opts ...Option) (any, error) {
			return Do(ctx, d, c, a, in.(In), opts...)
		},
	}
}

func (a *Action[In, T, Out]) permission(t T, in In) access.Permission {
	if a.AllowFor != nil {
		return a.AllowFor(t, in)
	}
	return a.Allow
}

func (a *Action[In, T, Out]) needsStepUp(t T, in In) bool {
	return a.StepUp || a.StepUpIf != nil && a.StepUpIf(t, in)
}
