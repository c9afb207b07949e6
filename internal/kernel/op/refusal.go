package op

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Refused attempts of known principals are events too. The first is written at once; the same again within a minute is
// counted, and the count is written as one event when the minute is over. Refusals of nobody in particular go to counters only,
// so that an outsider cannot fill the log.
type refusals struct {
	mu     sync.Mutex
	window time.Duration
	open   map[string]*repeated
}

type repeated struct {
	since time.Time
	more  int64
	event audit.Event
}

// maxOpenRefusals bounds the memory that repeated refusals take. Past it they are written one by one.
const maxOpenRefusals = 10_000

// refuse records a denied attempt and gives back what the caller is told.
func (d *Door) refuse(ctx context.Context, c *Caller, name string, subjects []Subject, cause error) error {
	if c.Kind == Anonymous {
		return cause
	}
	e := errs.Of(cause)
	if e.Kind == errs.NotFound {
		subjects = nil // what is hidden and what is absent are written the same
	}
	now := d.clock()
	key := strings.Join([]string{c.ID, c.Session, name, e.Code, firstID(subjects)}, "\x00")
	if d.refusals.repeat(key, now) {
		return cause
	}
	event, err := d.event(context.WithoutCancel(ctx), c, now, name, subjects)
	if err != nil {
		return errors.Join(cause, err)
	}
	event.Outcome = audit.Refused
	event.Facts = map[string]string{"code": e.Code}
	if p, ok := e.Extra["permission"].(string); ok {
		event.Facts["permission"] = p
	}
	err = d.writeEvents(context.WithoutCancel(ctx), *event)
	if err != nil {
		d.log.Error("a refusal could not be recorded", "operation", name, "error", err)
		if store.IsUnavailable(err) {
			return ErrUnavailable.Because(err)
		}
		return errs.ErrFault.Because(err)
	}
	d.refusals.remember(key, now, *event)
	return cause
}

// flushRefusals writes the counts whose minute is over, or all.
func (d *Door) flushRefusals(ctx context.Context, all bool) error {
	due := d.refusals.take(d.clock(), all)
	if len(due) == 0 {
		return nil
	}
	return d.writeEvents(ctx, due...)
}

// RunRefusals writes the counts of repeated refusals until ctx ends.
func (d *Door) RunRefusals(ctx context.Context) {
	tick := time.NewTicker(d.refusals.window / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := d.flushRefusals(ctx, false); err != nil {
				d.log.Error("counts of refusals could not be recorded", "error", err)
			}
		}
	}
}

func (d *Door) writeEvents(ctx context.Context, events ...audit.Event) error {
	return d.write(ctx, func(tx *store.Tx) error {
		for i := range events {
			if err := audit.Append(tx, &events[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// repeat counts an attempt that was already written within the window.
func (r *refusals) repeat(key string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen, ok := r.open[key]
	if !ok || now.Sub(seen.since) >= r.window {
		return false
	}
	seen.more++
	return true
}

func (r *refusals) remember(key string, now time.Time, e audit.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open == nil {
		r.open = map[string]*repeated{}
	}
	if seen, ok := r.open[key]; ok { // its minute is over and not yet taken: keep its count
		seen.since = now
		return
	}
	if len(r.open) < maxOpenRefusals {
		r.open[key] = &repeated{since: now, event: e}
	}
}

// take removes what is over, and gives an event for each that was repeated.
func (r *refusals) take(now time.Time, all bool) (due []audit.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, seen := range r.open {
		if !all && now.Sub(seen.since) < r.window {
			continue
		}
		delete(r.open, key)
		if seen.more == 0 {
			continue
		}
		e := seen.event
		e.ID, e.At = newEventID(now), now.UnixMilli()
		e.Counts = map[string]int64{"repeated": seen.more}
		due = append(due, e)
	}
	return due
}

func firstID(subjects []Subject) string {
	if len(subjects) == 0 {
		return ""
	}
	return subjects[0].ID
}
