package op

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Tx is what an operation works with: a write transaction that records what it does. It is a store.Reader too, so that the
// same functions read in an operation and in a query.
type Tx struct {
	tx     *store.Tx
	door   *Door
	caller *Caller
	now    time.Time
	upkeep bool // only bookkeeping may be written

	changes []audit.Change
	touched []Subject // rows changed that the target did not name
	counts  map[string]int64
	facts   map[string]string
	events  []*audit.Event // finished, and written last: the chain's head is taken once, at the end
	after   []func()
}

// Context carries the deadline of the request.
func (tx *Tx) Context() context.Context { return tx.tx.Context() }

// Dialect is the database spoken to.
func (tx *Tx) Dialect() store.Dialect { return tx.tx.Dialect() }

// Query reads rows.
func (tx *Tx) Query(sql string, args ...any) (store.Rows, error) { return tx.tx.Query(sql, args...) }

// QueryRow reads one row.
func (tx *Tx) QueryRow(sql string, args ...any) store.Row { return tx.tx.QueryRow(sql, args...) }

// Now is the time of the operation: the same throughout the transaction.
func (tx *Tx) Now() time.Time { return tx.now }

// Caller is who asks.
func (tx *Tx) Caller() *Caller { return tx.caller }

// Enqueue queues a job in this transaction: it runs if, and only if, the operation commits.
func (tx *Tx) Enqueue(job jobs.Args, opts ...jobs.Option) error {
	return tx.door.jobs.Enqueue(tx.tx, job, opts...)
}

// EnqueueMany queues jobs in this transaction, all with the same options. They cannot be tracked.
func (tx *Tx) EnqueueMany(all []jobs.Args, opts ...jobs.Option) error {
	return tx.door.jobs.EnqueueMany(tx.tx, all, opts...)
}

// CancelJob asks in this transaction for the end of a tracked job: it hears of it if, and only if, the operation commits.
func (tx *Tx) CancelJob(id string) error { return tx.door.jobs.CancelIn(tx.tx, id) }

// Note puts a plain fact on the operation's audit event. Never personal data, never a secret.
func (tx *Tx) Note(key, value string) {
	if tx.facts == nil {
		tx.facts = map[string]string{}
	}
	tx.facts[key] = value
}

// AfterCommit runs fn once the transaction is durable; not at all when it is rolled back.
func (tx *Tx) AfterCommit(fn func()) { tx.after = append(tx.after, fn) }

// Savepoint runs fn so that its failure undoes only what fn did.
func (tx *Tx) Savepoint(fn func() error) error {
	before := *tx
	before.counts, before.facts = maps.Clone(tx.counts), maps.Clone(tx.facts)
	err := tx.tx.Savepoint(fn)
	if err != nil {
		*tx = before
	}
	return err
}

// Seal seals a personal value with the person's key.
func (tx *Tx) Seal(person, plain string) (string, error) {
	return tx.door.seal(tx.Context(), person, []byte(plain))
}

// MAC is a keyed hash for a purpose, for what is looked up and never shown, such as an address that stays out.
func (tx *Tx) MAC(purpose string, parts ...[]byte) []byte {
	return tx.door.master.MAC(purpose, parts...)
}

func (tx *Tx) exec(sql string, args ...any) (int64, error) { return tx.tx.Exec(sql, args...) }

func (tx *Tx) wrote(t TableInfo, n int64) {
	if t.Class == ClassFact {
		if tx.counts == nil {
			tx.counts = map[string]int64{}
		}
		tx.counts[t.Name] += n
	}
}

// mayWrite keeps an Upkeep to bookkeeping. changed are the columns of an update, nil for whole rows.
func (tx *Tx) mayWrite(t TableInfo, changed []Column) error {
	if !tx.upkeep || t.Class == ClassUpkeep || t.Class == ClassDerived {
		return nil
	}
	notUpkeep := func(c Column) bool { return c.Audit != "upkeep" }
	if changed == nil || slices.ContainsFunc(changed, notUpkeep) {
		return fmt.Errorf("%w: an upkeep wrote more of %s than its bookkeeping columns", ErrUndeclared, t.Name)
	}
	return nil
}

// record notes what one written row changed. A missing value of before or after means that the row is new or gone.
func (tx *Tx) record(t TableInfo, row any, before, after reflect.Value) error {
	tx.wrote(t, 1)
	if t.Class != ClassAudited || tx.upkeep {
		return nil
	}
	subject := row.(subjected).Subject()
	recorded := false
	for _, c := range t.Columns {
		if c.Audit != "plain" && c.Audit != "person" && c.Audit != "secret" {
			continue
		}
		b, a, same, err := sides(before, after, c.index)
		if err != nil {
			return fmt.Errorf("audit %s.%s: %w", t.Name, c.Name, err)
		}
		if same {
			continue
		}
		change := audit.Change{Kind: subject.Kind, ID: subject.ID, Field: c.Name}
		switch c.Audit {
		case "plain":
			change.Before, change.After = plain(b), plain(a)
		case "person":
			if change.Before, err = tx.sealed(subject, b); err != nil {
				return err
			}
			if change.After, err = tx.sealed(subject, a); err != nil {
				return err
			}
		}
		tx.changes = append(tx.changes, change)
		recorded = true
	}
	if !recorded && before.IsValid() && after.IsValid() {
		return nil // derived columns only
	}
	if !recorded { // a row of nothing but keys is still made or gone
		field := audit.Change{Kind: subject.Kind, ID: subject.ID, Field: "exists"}
		if after.IsValid() {
			field.After = plain(json.RawMessage("true"))
		} else {
			field.Before = plain(json.RawMessage("true"))
		}
		tx.changes = append(tx.changes, field)
	}
	if !slices.ContainsFunc(tx.touched, func(s Subject) bool { return s.Kind == subject.Kind && s.ID == subject.ID }) {
		tx.touched = append(tx.touched, subject)
	}
	return nil
}

// sides gives a field before and after as JSON, nil where the row was absent or the value empty.
func sides(before, after reflect.Value, index int) (b, a json.RawMessage, same bool, err error) {
	side := func(v reflect.Value) (json.RawMessage, error) {
		if !v.IsValid() || v.Field(index).IsZero() {
			return nil, nil
		}
		return json.Marshal(v.Field(index).Interface())
	}
	if b, err = side(before); err != nil {
		return nil, nil, false, err
	}
	if a, err = side(after); err != nil {
		return nil, nil, false, err
	}
	return b, a, string(b) == string(a), nil
}

func plain(v json.RawMessage) *audit.Value {
	if v == nil {
		return nil
	}
	return &audit.Value{Plain: v}
}

func (tx *Tx) sealed(s Subject, v json.RawMessage) (*audit.Value, error) {
	if v == nil {
		return nil, nil
	}
	if s.Person == "" {
		return nil, fmt.Errorf("%w: a personal value of %s %s has no person to seal it for", ErrUndeclared, s.Kind, s.ID)
	}
	box, err := tx.door.seal(tx.Context(), s.Person, v)
	if errors.Is(err, secret.ErrErased) {
		box, err = "", nil // their key is gone: the log says that there was a value, and not what
	}
	if err != nil {
		return nil, err
	}
	return &audit.Value{Sealed: &audit.Sealed{Person: s.Person, Box: box}}, nil
}

// Next hands out n numbers of a counter in order, from 1, and gives the first. Others wait until this transaction ends.
func (tx *Tx) Next(counter string, n int64) (first int64, err error) {
	err = tx.QueryRow(`insert into counters (name, next) values ($1, $2 + 1)
		on conflict (name) do update set next = counters.next + $2 returning next`, counter, n).Scan(&first)
	return first - n, err
}

// Match holds an edit to the version that its author saw: 0 matches whatever there is.
func Match(seen, stored int64) error {
	if seen != 0 && seen != stored {
		return ErrStale
	}
	return nil
}

// ErrStale refuses an edit of what somebody else changed in the meantime.
var ErrStale = errs.New(errs.Stale, "stale", "Somebody else changed this since you opened it, and nothing of yours was saved. Look at what is there now, then make your change again.")
