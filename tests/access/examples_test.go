package access

import (
	"slices"
	"time"

	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/user"
)

// example is an operation with an input: a row of the table. An operation that means different things for different targets has
// several.
type example struct {
	op   string
	what string // what tells it from the operation's other examples
	// in makes the input. Everything in it lies in Aurora Goods, and at York where it has a location. It is made once and used
	// until it has been accepted; then it is made again, so that every caller meets the same thing.
	in func(s *scene, c *op.Caller) any
	// each makes it anew for every caller: what one does to oneself.
	each bool
	// ruled says that nobody can do it here, whatever they hold, and why.
	ruled string
}

// examples are the rows, in the order of app.Operations. Every operation of the catalogue needs at least one.
var examples = slices.Concat(entryExamples, accountExamples, deskExamples)

func nothing(*scene, *op.Caller) any { return nil }

func list(s *scene, _ *op.Caller) any { return fields{"Brand": s.aurora} }

// self is the caller's own account, or somebody's where the caller has none.
func self(s *scene, c *op.Caller) any {
	if c.Person == "" {
		return s.nobody
	}
	return user.ID(c.Person)
}

// begin is a file that nobody has imported yet.
func begin(s *scene, _ *op.Caller) any {
	return fields{"Brand": string(s.aurora), "Source": s.name("file"), "FileDigest": "f", "MappingDigest": "m", "Partitions": 2}
}

// ask is whether a colleague may refund orders at York.
func ask(s *scene, _ *op.Caller) any {
	return []any{fields{"User": string(s.colleague(access.Support)), "Permission": access.OrdersRefund, "Scope": s.aurora.Scope().Location(string(s.york))}}
}

// unhurried ends the exports that wait, so that there may be another.
func unhurried(s *scene) {
	going, err := store.All(s.w.Store.Read(s.t.Context()), func(r store.Row) (id string, err error) { return id, r.Scan(&id) },
		"select id from exports where state in ('waiting', 'running')")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, id := range going {
		s.do("export.end", fields{"Export": id, "State": "failed"})
	}
}

// exported is an export that a Super Admin asked for and nobody has made yet.
func exported(s *scene, _ *op.Caller) any {
	unhurried(s)
	s.w.Later(10 * time.Minute) // ten an hour
	id, err := op.Do(s.t.Context(), s.w.Door, s.w.As("marcus"), directory.ExportActivity,
		directory.ActivityExport{User: s.customer(), Kinds: []directory.LineKind{directory.LineSignIn}, Purpose: "support"})
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// mail is a mail to somebody at Aurora.
func mail(s *scene, _ *op.Caller) any {
	id := s.customer()
	s.do("user.deactivate", fields{"User": id})
	var m string
	if err := s.w.Store.Read(s.t.Context()).QueryRow("select id from mails where user_id = $1", string(id)).Scan(&m); err != nil {
		s.t.Fatal(err)
	}
	return m
}

// entry is an entry of Aurora's log.
func entry(s *scene, _ *op.Caller) any { return s.w.Events(string(s.aurora))[0].ID }

func about(s *scene, _ *op.Caller) any { return fields{"User": s.customer()} }

func newColleague(role, at string) func(s *scene, _ *op.Caller) any {
	return func(s *scene, _ *op.Caller) any {
		in := fields{"Email": s.email(), "FirstName": "New", "LastName": s.name("Colleague"), "Role": role, "Places": []any{fields{"Brand": s.aurora}}}
		if at != "" {
			in["Places"] = []any{fields{"Brand": s.aurora, "Locations": []any{s.w.Place("aurora").Hub[at]}}}
		}
		return in
	}
}

// key is an API key of a colleague's.
func key(s *scene) string {
	made := s.do("apikey.create", fields{
		"Name": s.name("Shop"), "Scope": s.aurora.Scope(), "Permissions": access.Of(access.CustomersView), "Owner": s.w.Member("dev").ID,
	})
	return fieldsOf(fieldsOf(made)["Key"])["ID"].(string)
}

func order(s *scene) any {
	return fields{
		"ExternalID": s.name("order"), "Customer": fields{"ExternalID": s.name("buyer")}, "Location": "York", "Status": "paid",
		"PlacedAt": s.w.Door.Now().Add(-time.Hour), "Total": money.Of(12_00, "GBP"),
	}
}

// placed is an order that is here.
func placed(s *scene) any {
	out := fieldsOf(s.do("order.put", fields{"Brand": s.aurora, "Source": "shop", "Order": order(s)}))
	return out["ID"]
}
