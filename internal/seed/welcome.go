package seed

import (
	"context"
	"fmt"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/user"
)

// Welcome makes the named customers alone, with the operations that everybody has, and gives them by key: for tests. They are those
// of the demo of that day.
func (w *World) Welcome(ctx context.Context, door *op.Door, day time.Time) (map[string]user.ID, error) {
	all, operator := map[string]user.ID{}, op.HostOperator("seed")
	for _, p := range w.Places {
		b, err := newBuilder(p, Plan{Day: day.Format(time.DateOnly), Customers: 1, Orders: 3})
		if err != nil {
			return nil, err
		}
		for i := range regulars[b.slug] {
			c := b.named(i)
			if all[c.Key], err = b.welcome(ctx, door, operator, p, c); err != nil {
				return nil, fmt.Errorf("make %s: %w", c.Key, err)
			}
		}
	}
	return all, nil
}

func (b *builder) welcome(ctx context.Context, door *op.Door, operator *op.Caller, p *Place, c *Customer) (user.ID, error) {
	id, err := op.Do(ctx, door, operator, customer.Create, customer.New{
		Brand: b.brand, Location: p.Hub[c.Hub], Source: Source, ExternalID: c.External, FirstName: c.FirstName, LastName: c.LastName,
		Email: c.Email, Phone: c.Phone, Born: c.Born, Address: c.Address, Country: c.Country, RegisteredAt: c.Registered, EmailVerified: c.EmailVerified,
	})
	if err != nil {
		return "", err
	}
	if records := b.history(c); len(records) > 0 {
		out, err := op.Do(ctx, door, operator, commerce.Ingest, commerce.Batch{Brand: b.brand, Source: Source, Records: records})
		if err != nil {
			return "", err
		}
		if rejected := out.Orders.Rejected + out.Refunds.Rejected; rejected > 0 {
			return "", fmt.Errorf("%d made records were rejected", rejected)
		}
	}
	if c.Imported > 0 {
		_, err = op.Do(ctx, door, operator, customer.SetImportedSpend, customer.ImportedSpend{
			Customer: id, Amount: money.Of(c.Imported, b.currency), From: Imported,
		})
	}
	if err == nil && c.Status == user.Deactivated {
		_, err = op.Do(ctx, door, operator, account.Deactivate, account.Of(id))
	}
	return id, err
}
