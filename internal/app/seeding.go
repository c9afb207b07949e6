package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"runtime"
	"sync"
	"time"

	passwords "github.com/stewardhq/steward/internal/auth/password"
	"github.com/stewardhq/steward/internal/seed"
)

var seedCommand = &command{
	name: "seed", summary: "Fill an empty database with a sample world of any size", example: "steward seed --customers 100000 --data ./bench",
	set: func(f *flag.FlagSet) action {
		config := configured(f)
		customers := f.Int("customers", 5000, "how many customers")
		orders := f.Int("orders", -1, "about how many orders; by default two and a half for each customer")
		day := f.String("as-of", "", "last day of the history, as 2026-11-20; today by default")
		asJSON := inJSON(f)
		return func(ctx context.Context, t Terminal, _ []string) error {
			c, err := config(t)
			if err != nil {
				return err
			}
			plan, err := planned(*day, *customers, *orders)
			if err != nil {
				return err
			}
			return opened(ctx, t, c, Options{Migrate: true, Seeding: true}, func(a *App) error {
				made, err := a.make(ctx, plan, newTicker(t))
				if err != nil {
					return err
				}
				if *asJSON {
					return writeJSON(t.Out, made)
				}
				_, err = fmt.Fprintf(t.Out, "%s customers with %s orders in %s. Staff sign in as in the demo: ada@platform.example, “%s”.\n",
					count(made.Customers), count(made.Orders), made.took.Round(time.Second/10), seed.People()[0].Passphrase())
				return err
			})
		}
	},
}

// made is what the making of a world came to.
type made struct {
	Customers int   `json:"customers"`
	Orders    int   `json:"orders"`
	TookMS    int64 `json:"took_ms"`
	world     *seed.World
	took      time.Duration
}

// planned reads the plan of a world from flags.
func planned(day string, customers, orders int) (seed.Plan, error) {
	if day == "" {
		day = time.Now().Format(time.DateOnly)
	}
	at, err := time.Parse(time.DateOnly, day)
	switch {
	case err != nil:
		return seed.Plan{}, errUsage{fmt.Sprintf("--as-of is %q: write a day such as 2026-11-20", day)}
	case time.Until(at) > 24*time.Hour:
		return seed.Plan{}, errUsage{"--as-of is in the future: nobody has ordered anything then"}
	case customers < 0 || customers > seed.MostCustomers:
		return seed.Plan{}, errUsage{fmt.Sprintf("--customers is %d: write a number from 0 to %s", customers, count(seed.MostCustomers))}
	}
	if orders < 0 {
		orders = customers * 5 / 2
	}
	return seed.Plan{Day: day, Customers: customers, Orders: orders}, nil
}

// make makes the world, or what is missing of it. Hashes of the passwords of staff are worked out beside it.
func (a *App) make(ctx context.Context, plan seed.Plan, tell *ticker) (*made, error) {
	began, m := time.Now(), &made{}
	hash := a.hashAhead(ctx)
	var err error
	m.world, err = seed.Make(ctx, a.Desk, a.Past, plan, hash, func(p seed.Progress) {
		m.Customers, m.Orders = p.Customers, p.Orders
		tell.at(p.Customers, p.Of, fmt.Sprintf("customers, %s orders", count(p.Orders)))
	})
	tell.end()
	if err != nil {
		return nil, err
	}
	m.took = time.Since(began)
	m.TookMS = m.took.Milliseconds()
	if err := a.Store.Optimize(ctx); err != nil {
		return nil, err
	}
	a.sign(ctx)
	return m, nil
}

// hashAhead hashes the passwords of staff beside the rest: each takes as long as hundreds of customers.
func (a *App) hashAhead(ctx context.Context) func(string) (string, error) {
	type hashed struct {
		hash string
		err  error
	}
	var all sync.Map
	for _, s := range seed.People() {
		all.Store(s.Passphrase(), make(chan hashed, 1))
	}
	work := make(chan string, len(seed.People()))
	for _, s := range seed.People() {
		work <- s.Passphrase()
	}
	close(work)
	for range max(1, runtime.NumCPU()-1) { // as many as the hasher lets in at once
		go func() {
			for password := range work {
				h, err := a.Desk.Hasher.Hash(ctx, password)
				for errors.Is(err, passwords.ErrBusy) && ctx.Err() == nil { // a slow machine, not a crowd
					h, err = a.Desk.Hasher.Hash(ctx, password)
				}
				out, _ := all.Load(password)
				out.(chan hashed) <- hashed{h, err}
			}
		}()
	}
	return func(password string) (string, error) {
		out, ok := all.Load(password)
		if !ok {
			return a.Desk.Hasher.Hash(ctx, password)
		}
		h := <-out.(chan hashed)
		return h.hash, h.err
	}
}
