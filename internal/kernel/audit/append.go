package audit

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Append writes one event into its chain; see AppendAll.
func Append(tx *store.Tx, e *Event) error { return AppendAll(tx, []*Event{e}) }

// AppendAll writes events into their chains, each chain's in the order given, in the transaction of what they tell about. It
// sets N, Schema and, where it is empty, ID. Make it the last statement of the transaction, and the only call: on PostgreSQL
// it waits for the row of each chain's head and keeps it until the commit, chains in the order of their names, so that two
// transactions never wait for each other.
//
// Times in a chain do not go back: an event whose At is before the entry it follows (another node's clock, a refusal counted
// for a minute) is given that entry's time, and when that moves it by more than a second its own goes into the fact
// "happened_at". So a chain is in order of time as well, and readers find a date by halving.
func AppendAll(tx *store.Tx, events []*Event) error {
	chains := map[string][]*Event{}
	for _, e := range events {
		if err := e.check(); err != nil {
			return err
		}
		chains[e.Chain] = append(chains[e.Chain], e)
	}
	for _, chain := range slices.Sorted(maps.Keys(chains)) {
		if err := extend(tx, chain, chains[chain]); err != nil {
			return fmt.Errorf("append to audit chain %s: %w", chain, err)
		}
	}
	return nil
}

// check refuses what could not be told afterwards.
func (e *Event) check() error {
	switch {
	case e.Chain == "" || e.Op == "" || e.Actor.Kind == "":
		return fmt.Errorf("audit event %q without chain, operation or actor", e.Op)
	case e.Outcome != Done && e.Outcome != Refused:
		return fmt.Errorf("audit event %q with the outcome %q", e.Op, e.Outcome)
	case e.At <= 0:
		return fmt.Errorf("audit event %q without a time", e.Op)
	}
	return nil
}

func extend(tx *store.Tx, chain string, events []*Event) error {
	h, err := lockHead(tx, chain)
	if err != nil {
		return err
	}
	var entries, subjects [][]any
	for _, e := range events {
		if e.At < h.at {
			e.settle(h.at)
		}
		e.Schema, e.N = version, h.n+1
		if e.ID == "" {
			e.ID = id.New(id.Audit, time.UnixMilli(e.At))
		}
		body, err := encode(e)
		if err != nil {
			return err
		}
		sum := Hash(e.N, h.hash, body)
		h = head{n: e.N, hash: sum[:], at: e.At}
		c := columnsOf(e)
		entries = append(entries, []any{chain, c.n, c.id, c.at, c.op, c.outcome, c.actorKind, c.actorID, c.person, string(body), h.hash})
		for _, t := range touched(e) {
			subjects = append(subjects, []any{t.id, chain, e.N, t.kind})
		}
	}
	if _, err := tx.ExecMany(`insert into audit_events (chain, n, id, at, op, outcome, actor_kind, actor_id, person, body, hash)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, entries); err != nil {
		return err
	}
	if _, err := tx.ExecMany("insert into audit_subjects (subject_id, chain, n, kind) values ($1, $2, $3, $4)", subjects); err != nil {
		return err
	}
	moved, err := tx.Exec("update audit_heads set n = $1, hash = $2, at = $3 where chain = $4", h.n, h.hash, h.at, chain)
	if err == nil && moved != 1 {
		err = errors.New("the head is gone")
	}
	return err
}

// settle moves the event to the time of the entry before it.
func (e *Event) settle(at int64) {
	if at-e.At > 1000 {
		facts := map[string]string{"happened_at": time.UnixMilli(e.At).UTC().Format("2006-01-02T15:04:05.000Z07:00")}
		maps.Copy(facts, e.Facts) // the caller's map may be shared
		e.Facts = facts
	}
	e.At = at
}

// head is the end of a chain: the number, hash and time of its last entry.
type head struct {
	n, at int64
	hash  []byte
}

// lockHead reads a chain's head and keeps everybody else from it until the end of the transaction. A new chain begins here.
func lockHead(tx *store.Tx, chain string) (h head, err error) {
	read := "select n, hash, at from audit_heads where chain = $1" + tx.Dialect().ForUpdate()
	err = tx.QueryRow(read, chain).Scan(&h.n, &h.hash, &h.at)
	if errors.Is(err, store.ErrNoRows) {
		if _, err = tx.Exec("insert into audit_heads (chain, n, hash, at) values ($1, 0, $2, 0) on conflict (chain) do nothing", chain, origin[:]); err != nil {
			return h, err
		}
		err = tx.QueryRow(read, chain).Scan(&h.n, &h.hash, &h.at)
	}
	h.hash = bytes.Clone(h.hash)
	return h, err
}
