package seed

import (
	"context"
	"fmt"
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/money"
)

// builder makes the customers of one brand.
type builder struct {
	slug     string
	brand    brand.ID
	currency money.Currency
	shop     *shop
	hubs     []string
	day      time.Time // midnight, in the brand's zone
	mean     float64   // orders of a customer
	count    int       // customers
}

// OrdersEach is how many orders a customer has on average where nobody says how many there are to be.
const OrdersEach = 2.5

// MostCustomers is the largest world.
const MostCustomers = 10_000_000

// share is how many of a world's customers belong to a brand.
func share(slug string, customers int) int {
	meridian := customers * 2 / 5
	if slug == "meridian" {
		return meridian
	}
	return customers - meridian
}

func newBuilder(p *Place, plan Plan) (*builder, error) {
	zone, err := time.LoadLocation(p.New.Zone)
	if err != nil {
		return nil, err
	}
	b := &builder{slug: p.New.Slug, brand: p.ID, currency: money.Currency(p.New.Currency), shop: shops[p.New.Slug], count: share(p.New.Slug, plan.Customers)}
	for _, l := range p.Locations {
		b.hubs = append(b.hubs, l[0])
	}
	if plan.Customers > 0 {
		b.mean = float64(plan.Orders) / float64(plan.Customers)
	}
	b.day, err = time.ParseInLocation(time.DateOnly, plan.Day, zone)
	return b, err
}

// customer is number i of the brand: first the named ones, then all others.
func (b *builder) customer(i int) *Customer {
	if i < len(regulars[b.slug]) {
		return b.named(i)
	}
	return b.person(i)
}

// Progress is how far the making of a world is.
type Progress struct{ Customers, Of, Orders int }

// Make makes a world in an empty database, or goes on with one that was begun. It is done again from the start for nobody: what is
// there stays.
func Make(ctx context.Context, d *auth.Desk, plan Plan, hash func(string) (string, error), tell func(Progress)) (*World, error) {
	if _, err := time.Parse(time.DateOnly, plan.Day); err != nil {
		return nil, fmt.Errorf("%q is not a day: write one such as 2026-11-20", plan.Day)
	}
	operator := op.HostOperator("seed")
	mark, err := op.Do(ctx, d.Door, operator, begin, plan)
	if err != nil {
		return nil, err
	}
	w, err := Named(ctx, d, hash)
	if err != nil {
		return nil, err
	}
	m := &maker{door: d.Door, operator: operator, tell: tell, Progress: Progress{Of: plan.Customers}}
	for _, p := range w.Places {
		b, err := newBuilder(p, plan)
		if err != nil {
			return nil, err
		}
		if err := m.brand(ctx, b, mark.Done[b.slug]); err != nil {
			return nil, fmt.Errorf("make the customers of %s: %w", p.New.Name, err)
		}
	}
	_, err = op.Do(ctx, d.Door, operator, finish, op.None{})
	return w, err
}

// maker hands what builders make through the door.
type maker struct {
	door     *op.Door
	operator *op.Caller
	tell     func(Progress)
	Progress
}

// atOnce is how many customers are made at a time.
const atOnce = 500

// chunk is some customers with their history.
type chunk struct {
	people  portion
	records []commerce.Record
}

// brand makes one brand's customers from the first that is missing. The ones before it may lack orders: those are sent again.
func (m *maker) brand(ctx context.Context, b *builder, done int) error {
	from := max(0, done-1) / atOnce * atOnce
	m.Customers += from
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	made := make(chan chunk, 2)
	go func() {
		defer close(made)
		for ; from < b.count; from += atOnce {
			select {
			case made <- b.chunk(from, min(atOnce, b.count-from)):
			case <-ctx.Done():
				return
			}
		}
	}()
	for c := range made {
		if _, err := op.Do(ctx, m.door, m.operator, fillIn, c.people); err != nil {
			return err
		}
		m.Customers += len(c.people.Customers)
		for len(c.records) > 0 {
			n := min(commerce.MaxBatch, len(c.records))
			if err := m.ingest(ctx, b.brand, c.records[:n]); err != nil {
				return err
			}
			c.records = c.records[n:]
		}
		m.tell(m.Progress)
	}
	return ctx.Err()
}

func (m *maker) ingest(ctx context.Context, b brand.ID, records []commerce.Record) error {
	out, err := op.Do(ctx, m.door, m.operator, commerce.Ingest, commerce.Batch{Brand: b, Source: Source, Records: records})
	if err != nil {
		return err
	}
	m.Orders += int(out.Orders.Created + out.Orders.Unchanged)
	for _, a := range out.Answers {
		if a.Outcome == customer.Rejected {
			return fmt.Errorf("a made record was rejected: %s", a.Reason)
		}
	}
	return nil
}

func (b *builder) chunk(from, n int) chunk {
	c := chunk{people: portion{Brand: b.brand, Slug: b.slug, From: from, Customers: make([]*Customer, n)}}
	for i := range n {
		made := b.customer(from + i)
		c.people.Customers[i] = made
		c.records = append(c.records, b.history(made)...)
	}
	return c
}
