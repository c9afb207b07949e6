package seed

import (
	"context"
	"fmt"
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/commerce"
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
	last     time.Time // the end of its history: the evening before, everywhere
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
	if b.day, err = time.ParseInLocation(time.DateOnly, plan.Day, zone); err != nil {
		return nil, err
	}
	b.last, err = time.Parse(time.DateOnly, plan.Day)
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
	if mark.Finished {
		return w, nil
	}
	if err := w.tell(ctx, d); err != nil {
		return nil, fmt.Errorf("let a few things happen: %w", err)
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

// atOnce is how many customers are made in one transaction: few where somebody waits for the first page, many where it pays. Most
// indexes are met at random, so the larger a transaction, the less often a page of theirs is written: at 20,000 half as much goes to
// the log as at 5,000, for 170 MB more memory.
func (b *builder) atOnce() int {
	switch {
	case b.count > 200_000:
		return 10_000
	case b.count > 20_000:
		return 5000
	}
	return 500
}

// brand makes one brand's customers from the first that is missing.
func (m *maker) brand(ctx context.Context, b *builder, done int) error {
	m.Customers += done
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	made := make(chan portion, 1)
	go func() {
		defer close(made)
		for from := done; from < b.count; from += b.atOnce() {
			select {
			case made <- b.portion(from, min(b.atOnce(), b.count-from)):
			case <-ctx.Done():
				return
			}
		}
	}()
	for p := range made {
		if _, err := op.Do(ctx, m.door, m.operator, fillIn, p); err != nil {
			return err
		}
		m.Customers += len(p.Customers)
		m.Orders += orders(p.Records)
		m.tell(m.Progress)
	}
	return ctx.Err()
}

func (b *builder) portion(from, n int) portion {
	p := portion{Brand: b.brand, Slug: b.slug, From: from, Customers: make([]*Customer, n)}
	for i := range n {
		p.Customers[i] = b.customer(from + i)
		p.Records = append(p.Records, b.history(p.Customers[i])...)
	}
	return p
}

func orders(records []commerce.Record) (n int) {
	for _, r := range records {
		if r.Order != nil {
			n++
		}
	}
	return n
}
