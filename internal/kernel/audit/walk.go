package audit

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// walk is one way along an index: the text after "from", its values, and the column that counts.
type walk struct {
	from   string
	args   []any
	number string
}

func (w *walk) and(text string, value any) {
	w.args = append(w.args, value)
	w.from += " and " + strings.ReplaceAll(text, "?", fmt.Sprintf("$%d", len(w.args)))
}

// walks are the ways that together give what the filter asks for: one for each chain, and for an area of operations one for each
// operation of the area, since only those stand in order in the index. Times and the cursor become numbers to walk from and to.
func (f Filter) walks(r store.Reader) (all []walk, err error) {
	for _, chain := range slices.Compact(slices.Sorted(slices.Values(f.Chains))) {
		from, below, err := f.bounds(r, chain)
		if err != nil {
			return nil, fmt.Errorf("find a date in audit chain %s: %w", chain, err)
		}
		if from >= below {
			continue
		}
		ops := []string{f.Op}
		if strings.HasSuffix(f.Op, ".") && f.Subject == "" {
			if ops, err = opsOf(r, chain, f.Op); err != nil {
				return nil, fmt.Errorf("list operations of audit chain %s: %w", chain, err)
			}
		}
		for _, op := range ops {
			all = append(all, f.walk(r.Dialect(), chain, op, from, below))
		}
	}
	return all, nil
}

func (f Filter) walk(engine store.Dialect, chain, op string, from, below int64) walk {
	w := walk{from: "audit_events e" + f.index(engine, op) + " where e.chain = $1", args: []any{chain}, number: "e.n"}
	if f.Subject != "" {
		w.from = "audit_subjects s join audit_events e on e.chain = s.chain and e.n = s.n where s.chain = $1"
		w.number = "s.n"
		w.and("s.subject_id = ?", f.Subject)
	}
	if from > 1 {
		w.and(w.number+" >= ?", from)
	}
	if below < forever {
		w.and(w.number+" < ?", below)
	}
	switch {
	case strings.HasSuffix(op, "."): // an area, of what happened to one subject
		w.and("e.op >= ?", op)
		w.and("e.op < ?", afterArea(op))
	case op != "":
		w.and("e.op = ?", op)
	}
	switch f.Outcome {
	case "":
	case Refused:
		w.from += " and e.outcome = 'refused'" // in these words, for the partial index; so below
	default:
		w.and("e.outcome = ?", string(f.Outcome))
	}
	if f.Person != "" {
		w.and("e.person <> '' and e.person = ?", f.Person)
	}
	switch {
	case f.Actor == "":
	case strings.HasPrefix(f.Actor, id.User): // a user is the person who acts
		w.and("e.person <> '' and e.person = ? and e.actor_id = ?", f.Actor)
	default:
		w.and("e.actor_id <> e.person and e.actor_id = ?", f.Actor)
	}
	return w
}

// index names the index to walk for SQLite, whose planner knows no more than one table's key until somebody has run analyze, and
// walks the whole chain then. PostgreSQL has its statistics.
func (f Filter) index(engine store.Dialect, op string) string {
	switch {
	case engine != store.SQLite:
		return ""
	case f.Person != "" || strings.HasPrefix(f.Actor, id.User):
		return " indexed by audit_events_person"
	case f.Actor != "":
		return " indexed by audit_events_actor"
	case f.Outcome == Refused:
		return " indexed by audit_events_refused"
	case op != "":
		return " indexed by audit_events_op"
	}
	return ""
}

// opsOf lists the operations of an area ("user.") that a chain has entries of, one step along the index for each.
func opsOf(r store.Reader, chain, area string) (ops []string, err error) {
	for last := area; ; {
		op, err := store.Value[string](r.QueryRow("select op from audit_events where chain = $1 and op > $2 and op < $3 order by op limit 1", chain, last, afterArea(area)))
		if errors.Is(err, store.ErrNoRows) {
			return ops, nil
		}
		if err != nil {
			return nil, err
		}
		ops, last = append(ops, op), op
	}
}

// afterArea is the first text behind all those that begin with an area: "/" follows the dot.
func afterArea(area string) string { return strings.TrimSuffix(area, ".") + "/" }

// forever is a number that no chain reaches.
const forever = int64(1) << 62

// bounds turns times and the cursor into numbers of this chain: from (inclusive) and below (exclusive).
func (f Filter) bounds(r store.Reader, chain string) (from, below int64, err error) {
	from, below = 1, forever
	if f.From > 0 {
		if from, err = firstAt(r, chain, f.From); err != nil {
			return 0, 0, err
		}
	}
	if f.To > 0 {
		if below, err = firstAt(r, chain, f.To); err != nil {
			return 0, 0, err
		}
	}
	if f.After == (Cursor{}) {
		return from, below, nil
	}
	after := f.After.N // in the chain where the page ended
	if chain != f.After.Chain {
		at := f.After.At
		if chain < f.After.Chain {
			at++ // entries of the same millisecond are still to come here
		}
		if after, err = firstAt(r, chain, at); err != nil {
			return 0, 0, err
		}
	}
	return from, min(below, after), nil
}

// firstAt finds the number of the first entry at or after a time, by halving: times in a chain do not go back. A chain that
// ends before has the number after its last.
func firstAt(r store.Reader, chain string, at int64) (int64, error) {
	last, err := store.Value[int64](r.QueryRow("select coalesce(max(n), 0) from audit_events where chain = $1", chain))
	if err != nil {
		return 0, err
	}
	low, high := int64(1), last+1
	for low < high {
		middle := low + (high-low)/2
		then, err := store.Value[int64](r.QueryRow("select at from audit_events where chain = $1 and n >= $2 order by n limit 1", chain, middle))
		if err != nil {
			return 0, err
		}
		if then < at {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, nil
}
