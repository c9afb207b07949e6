package seed

import (
	"context"
	"errors"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/user"
)

// Member gives a member of staff by key; nil when nobody is called that.
func (w *World) Member(key string) *Staff {
	for _, s := range w.Staff {
		if s.Key == key {
			return s
		}
	}
	return nil
}

// Caller is a member of staff as the door knows them: signed in, with what they hold at this moment.
func (w *World) Caller(r store.Reader, key string) (*op.Caller, error) {
	s := w.Member(key)
	held, err := role.Held(r, string(s.ID))
	if err != nil || len(held) == 0 {
		return nil, errors.Join(err, errs.ErrNotFound)
	}
	return &op.Caller{
		Kind: op.Person, ID: string(s.ID), Person: string(s.ID), Home: held[0].Scope, Grants: held, Session: "ses_of_" + key,
		IP: "203.0.113.7", Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", Request: "req_made",
	}, nil
}

// Regular finds a named customer by key.
func (w *World) Regular(r store.Reader, key string) (user.ID, error) {
	for _, p := range w.Places {
		for i, named := range regulars[p.New.Slug] {
			if named.key != key {
				continue
			}
			num, err := customer.FindExternal(r, p.ID, Source, externalID(i))
			if err != nil {
				return "", err
			}
			ids, err := customer.IDs(r, []int64{num})
			return ids[num], err
		}
	}
	return "", errs.ErrNotFound
}

// tell lets a few things happen, so that the log, the outbox and the overview of a demo have something to show: an edit, a notice
// by mail, and attempts that were refused. Some of it happens before the last day, and the rest on it; then everybody has been here.
func (w *World) tell(ctx context.Context, d *auth.Desk, clock *Clock, day time.Time, lastDay bool) error {
	if err := w.act(ctx, d, clock, day, lastDay); err != nil || !lastDay {
		return err
	}
	for i, s := range w.Staff {
		ago := []int{1, 1, 2, 1, 1, 1, 1, 3, 19, 2, 1, 6, 1, 1, 4}[i]
		clock.set(day.AddDate(0, 0, -ago).Add(17*time.Hour + time.Duration(i*37%110)*time.Minute))
		if _, err := op.Keep(ctx, d.Door, op.HostOperator("seed"), seen, s.ID); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) act(ctx context.Context, d *auth.Desk, clock *Clock, day time.Time, lastDay bool) error {
	r := d.Door.Store().Read(ctx)
	who := map[string]user.ID{}
	for _, key := range []string{"maya", "tariq", "jose", "siobhan"} {
		id, err := w.Regular(r, key)
		if missing(err) {
			return nil // a world too small for them
		}
		if err != nil {
			return err
		}
		who[key] = id
	}
	phone, first, address := "07700 900222", "Siobhán", "3 Lansdowne Villas\nYork YO31 8JH"
	steps := []struct {
		at      time.Duration // before the last day
		by      string
		refused bool
		do      func(c *op.Caller) error
	}{
		{110 * time.Hour, "johanna", false, func(c *op.Caller) error { return edit(ctx, d, c, account.Changes{User: who["jose"], Phone: &phone}) }},
		{63 * time.Hour, "kim", false, func(c *op.Caller) error {
			return ignore(op.Do(ctx, d.Door, c, account.Deactivate, account.Of(who["tariq"])))
		}},
		{37 * time.Hour, "kim", false, func(c *op.Caller) error {
			return ignore(op.Do(ctx, d.Door, c, account.Activate, account.Of(who["tariq"])))
		}},
		{15 * time.Hour, "bruno", false, func(c *op.Caller) error {
			return edit(ctx, d, c, account.Changes{User: who["siobhan"], FirstName: &first, Address: &address})
		}},
		// Kim has York only: for her, a customer of Leeds does not exist. A Shop Manager sees Maya and may not edit her.
		{13 * time.Hour, "kim", true, func(c *op.Caller) error {
			return ignore(op.Do(ctx, d.Door, c, account.Deactivate, account.Of(who["jose"])))
		}},
		{11 * time.Hour, "olu", true, func(c *op.Caller) error { return edit(ctx, d, c, account.Changes{User: who["maya"], Phone: &phone}) }},
		{9 * time.Hour, "priya", true, func(c *op.Caller) error { return edit(ctx, d, c, account.Changes{User: who["maya"], Phone: &phone}) }},
	}
	for i, s := range steps {
		if (s.at < 24*time.Hour) != lastDay {
			continue
		}
		clock.set(day.Add(-s.at + time.Duration(7+i*17%50)*time.Minute))
		c, err := w.Caller(r, s.by)
		if err != nil {
			return err
		}
		err = s.do(c)
		if kind := errs.Of(err).Kind; s.refused && err != nil && (kind == errs.Forbidden || kind == errs.NotFound) {
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func edit(ctx context.Context, d *auth.Desk, c *op.Caller, in account.Changes) error {
	return ignore(op.Do(ctx, d.Door, c, account.Edit, in))
}

func ignore[T any](_ T, err error) error { return err }
