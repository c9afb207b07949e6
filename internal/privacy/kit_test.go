package privacy_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
	"github.com/stewardhq/steward/tests/dump"
)

// desk is a world with the claims that archive, restore and erasure need. The eraser's steady clock goes with the world's.
type desk struct {
	*world.World
	t *testing.T
}

func each(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Helper()
	world.Each(t, func(t *testing.T, w *world.World) { test(t, newDesk(t, w)) })
}

func newDesk(t *testing.T, w *world.World) *desk {
	d := &desk{World: w, t: t}
	w.Eraser.Steady = func() time.Duration { return w.Door.Now().Sub(world.Now) }
	return d
}

// must does an action, with a code where one is asked for.
func must[In any, T op.Target, Out any](d *desk, c *op.Caller, a *op.Action[In, T, Out], in In) Out {
	d.t.Helper()
	out, err := op.Do(d.t.Context(), d.Door, c, a, in)
	if err != nil && errs.Of(err).Code == "step_up_required" {
		out, err = op.Do(d.t.Context(), d.Door, c, a, in, op.With(d.proof(err)))
	}
	if err != nil {
		d.t.Fatalf("%s: %v", a.Name, err)
	}
	return out
}

// proof answers the step-up that was just asked for, and lets the time pass after which the next code may be sent.
func (d *desk) proof(required error) op.Proof {
	d.t.Helper()
	id, _ := errs.Of(required).Extra["step_up"].(string)
	p := op.Proof{ID: id, Code: d.Code()}
	d.Later(31 * time.Second)
	return p
}

// refused demands that an action is refused with a code, and that it changed nothing at all beside the audit log.
func refused[In any, T op.Target, Out any](d *desk, want string, c *op.Caller, a *op.Action[In, T, Out], in In) {
	d.t.Helper()
	d.unchanged(fmt.Sprintf("%s refused as %s", a.Name, want), func() {
		_, err := op.Do(d.t.Context(), d.Door, c, a, in)
		if err == nil || errs.Of(err).Code != want {
			d.t.Errorf("%s: %v, want the refusal %s", a.Name, err, want)
		}
	})
}

func (d *desk) unchanged(what string, run func()) {
	d.t.Helper()
	before := d.print()
	run()
	for _, line := range before.Diff(d.print()) {
		d.t.Errorf("%s changed %s", what, line)
	}
}

func (d *desk) print() dump.Print {
	d.t.Helper()
	r := d.Store.Read(context.Background())
	tables, err := dump.Tables(r)
	if err != nil {
		d.t.Fatal(err)
	}
	p, err := dump.Take(r, dump.Without(tables, "audit_events", "audit_subjects", "audit_heads"))
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

func (d *desk) number(sql string, args ...any) (n int64) {
	d.t.Helper()
	if err := d.Store.Read(context.Background()).QueryRow(sql, args...).Scan(&n); err != nil {
		d.t.Fatal(err)
	}
	return n
}

func (d *desk) user(id user.ID) *user.User {
	d.t.Helper()
	u, err := user.Find(d.Store.Read(context.Background()), id)
	if err != nil {
		d.t.Fatal(err)
	}
	return u
}

func (d *desk) verify() {
	d.t.Helper()
	report, err := audit.Verify(context.Background(), d.Store)
	if err != nil {
		d.t.Fatal(err)
	}
	if !report.OK {
		d.t.Errorf("the audit log: %v", report)
	}
}

// erase runs the eraser once.
func (d *desk) erase() {
	d.t.Helper()
	if err := d.Eraser.Run(d.t.Context(), nil); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) brand(slug string) brand.ID { return d.Place(slug).ID }

// zora is a customer of Aurora of whom everything is known.
func (d *desk) zora() user.ID {
	d.t.Helper()
	return must(d, op.HostOperator("root"), customer.Create, customer.New{
		Brand: d.brand("aurora"), Location: d.Place("aurora").Hub["York"], Source: "shopify", ExternalID: "zqxt-0001", FirstName: "Zqforename", LastName: "Zqsurname",
		Email: "zqmail@zqhost.example", Phone: "+44 20 7946 0777", Born: "1931-02-03", Address: "7 Zqstreet\nYork", Country: "GB", EmailVerified: true,
	})
}

// marks are the values of zora that must be found nowhere.
var marks = []string{"zqforename", "zqsurname", "zqmail", "zqhost", "2079460777", "20 7946 0777", "1931-02-03", "zqstreet", "zqxt-0001"}

func archived(id user.ID) privacy.Archival {
	return privacy.Archival{User: id, Reason: privacy.GDPRRequest, Note: "Zqnote: she asked by letter."}
}

const day = 24 * time.Hour
