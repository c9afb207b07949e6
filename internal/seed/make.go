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

// quietDays is how long named customers have ordered nothing: what staff did with them happened since.
const quietDays = 7

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
// there stays. The clock is the one that the desk's door has.
func Make(ctx context.Context, d *auth.Desk, clock *Clock, plan Plan, hash func(string) (string, error), tell func(Progress)) (*World, error) {
	day, err := time.Parse(time.DateOnly, plan.Day)
	if err != nil {
		return nil, fmt.Errorf("%q is not a day: write one such as 2026-11-20", plan.Day)
	}
	defer clock.release()
	ago := func(days int) {
		clock.set(day.AddDate(0, 0, -days).Add(9*time.Hour + time.Duration(days*13%60)*time.Minute))
	}
	operator := op.HostOperator("seed")
	ago(oldest + 10)
	mark, err := op.Do(ctx, d.Door, operator, begin, plan)
	if err != nil {
		return nil, err
	}
	w, err := named(ctx, d, hash, ago, func(s *Staff) error { return ignore(op.Do(ctx, d.Door, operator, confirm, s.ID)) })
	if err != nil {
		return nil, err
	}
	m := &maker{door: d.Door, operator: operator, tell: tell, Progress: Progress{Of: plan.Customers}}
	builders := make([]*builder, len(w.Places))
	for i, p := range w.Places {
		if builders[i], err = newBuilder(p, plan); err != nil {
			return nil, err
		}
		m.Customers += mark.Done[p.New.Slug]
	}
	ago(quietDays) // those with names come first, so that staff can have to do with them
	for _, b := range builders {
		if mark.Done[b.slug], err = m.brand(ctx, b, mark.Done[b.slug], min(b.count, len(regulars[b.slug]))); err != nil {
			return nil, fmt.Errorf("make the named customers of %s: %w", b.slug, err)
		}
	}
	if !mark.Told {
		if err := w.tell(ctx, d, clock, day, false); err != nil {
			return nil, fmt.Errorf("let a few things happen: %w", err)
		}
		if _, err := op.Do(ctx, d.Door, operator, told, op.None{}); err != nil {
			return nil, err
		}
	}
	clock.set(day.AddDate(0, 0, -1).Add(time.Minute)) // orders of the last day are not too far ahead of it, and what staff do then comes after
	for _, b := range builders {
		if _, err := m.brand(ctx, b, mark.Done[b.slug], b.count); err != nil {
			return nil, fmt.Errorf("make the customers of %s: %w", b.slug, err)
		}
	}
	if mark.Finished {
		return w, nil
	}
	if err := w.tell(ctx, d, clock, day, true); err != nil {
		return nil, fmt.Errorf("let a few things happen: %w", err)
	}
	clock.release()
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

// brand makes one brand's customers from the first that is missing up to a number, and says how many there are.
func (m *maker) brand(ctx context.Context, b *builder, done, upTo int) (int, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	made := make(chan portion, 1)
	go func() {
		defer close(made)
		for from := done; from < upTo; from += b.atOnce() {
			select {
			case made <- b.portion(from, min(b.atOnce(), upTo-from)):
			case <-ctx.Done():
				return
			}
		}
	}()
	for p := range made {
		if _, err := op.Do(ctx, m.door, m.operator, fillIn, p); err != nil {
			return done, err
		}
		m.Customers += len(p.Customers)
		m.Orders += orders(p.Records)
		m.tell(m.Progress)
	}
	return max(done, upTo), ctx.Err()
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
