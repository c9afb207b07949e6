package audit

import (
	"context"
	"fmt"
	"hash/maphash"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/stewardhq/steward/internal/kernel/store"
)

// scan is one chain being verified.
type scan struct {
	chain string
	head  *head    // nil: there is no row
	marks []anchor // checkpoints, by n

	count    int64 // entries
	last     int64 // number of the last
	lastAt   int64
	lastHash []byte
	stands   [][]byte // for each mark, the hash that stands at its n; nil: none

	mu     sync.Mutex
	breaks []fault // where the chain does not hold; only the first is looked into
	facts  []fault // where a column does not say what the entry says; the first of them

	balance []atomic.Uint64 // for each n: hashes of subject rows as the entries say, less those that stand
	bare    *fault          // the first n where they differ

	short    *Checkpoint // the first checkpoint beyond the end of a chain that agrees with its head
	anchored int64
	findings []Finding
}

type fault struct {
	n    int64
	what string
}

func newScan(chain string, marks []anchor) *scan {
	marks = slices.Clone(marks)
	slices.SortStableFunc(marks, func(a, b anchor) int { return int(min(max(a.N-b.N, -1), 1)) })
	return &scan{chain: chain, marks: marks, stands: make([][]byte, len(marks))}
}

// entryRow is an entry as it stands in the database.
type entryRow struct {
	columns
	body, hash []byte
}

const entryColumns = "n, id, at, op, outcome, actor_kind, actor_id, person, body, hash"

func (e *entryRow) scan(row store.Row) error {
	return row.Scan(&e.n, &e.id, &e.at, &e.op, &e.outcome, &e.actorKind, &e.actorID, &e.person, &e.body, &e.hash)
}

// piece is some entries in a row with the hash before them. Pieces are checked independently of each other: each entry must
// follow from the hash that stands before it, whether or not that one holds itself.
type piece struct {
	before  []byte
	entries []entryRow
}

const pieceSize = 256

// entries streams the chain: one goroutine reads, the others hash, decode and compare.
func (s *scan) entries(ctx context.Context, r store.Reader) (err error) {
	if s.count, err = store.Value[int64](r.QueryRow("select count(*) from audit_events where chain = $1", s.chain)); err != nil {
		return err
	}
	s.balance = make([]atomic.Uint64, s.count+1)
	rows, err := r.Query("select "+entryColumns+" from audit_events where chain = $1 order by n", s.chain)
	if err != nil {
		return err
	}
	pieces := make(chan *piece, 2*runtime.GOMAXPROCS(0))
	var workers sync.WaitGroup
	for range max(1, runtime.GOMAXPROCS(0)-1) {
		workers.Go(func() {
			for p := range pieces {
				s.check(p)
				spare.Put(p)
			}
		})
	}
	err = s.read(ctx, rows, pieces)
	close(pieces)
	workers.Wait()
	if end := rows.Close(); err == nil {
		err = end
	}
	return err
}

var spare = sync.Pool{New: func() any { return &piece{entries: make([]entryRow, 0, pieceSize)} }}

func (s *scan) read(ctx context.Context, rows store.Rows, pieces chan<- *piece) error {
	next := func() *piece {
		p := spare.Get().(*piece)
		p.before, p.entries = s.lastHash, p.entries[:0]
		return p
	}
	s.lastHash = origin[:]
	mark := 0
	p := next()
	for rows.Next() {
		p.entries = append(p.entries, entryRow{})
		e := &p.entries[len(p.entries)-1]
		if err := e.scan(rows); err != nil {
			return err
		}
		if e.n < 1 { // before the first
			s.broken(e.n, odd)
			p.entries = p.entries[:len(p.entries)-1]
			continue
		}
		if e.n != s.last+1 {
			s.broken(s.last+1, gap)
		}
		for mark < len(s.marks) && s.marks[mark].N <= e.n {
			if s.marks[mark].N == e.n {
				s.stands[mark] = e.hash
			}
			mark++
		}
		s.last, s.lastAt, s.lastHash = e.n, e.at, e.hash
		if len(p.entries) == pieceSize {
			pieces <- p
			p = next()
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
	pieces <- p
	return rows.Err()
}

// What a fault is, where it is not a link that does not hold.
const (
	gap = "a number is missing"
	odd = "a number that no entry has"
)

func (s *scan) check(p *piece) {
	before := p.before
	for i := range p.entries {
		row := &p.entries[i]
		sum := Hash(row.n, before, row.body)
		before = row.hash
		if !same(sum[:], row.hash) {
			s.broken(row.n, "hash")
			continue
		}
		e, err := bones(row.body)
		switch {
		case err != nil:
			s.broken(row.n, "text")
		case e.N != row.n || e.Chain != s.chain:
			s.broken(row.n, "number")
		default:
			if c := columnsOf(e); c != row.columns {
				s.untrue(row.n, c.differ(row.columns))
			}
			s.expect(e)
		}
	}
}

// differ names the first column that is not what the entry says.
func (c columns) differ(stands columns) string {
	switch {
	case c.id != stands.id:
		return "id"
	case c.at != stands.at:
		return "at"
	case c.op != stands.op:
		return "op"
	case c.outcome != stands.outcome:
		return "outcome"
	case c.actorKind != stands.actorKind:
		return "actor_kind"
	case c.actorID != stands.actorID:
		return "actor_id"
	}
	return "person"
}

func (s *scan) broken(n int64, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.breaks) == 0 || n < s.breaks[0].n {
		s.breaks = []fault{{n, what}}
	}
}

func (s *scan) untrue(n int64, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.facts) == 0 || n < s.facts[0].n {
		s.facts = []fault{{n, what}}
	}
}

// seed makes the sums of subject rows impossible to aim at: two sets of rows with one sum cannot be computed beforehand.
var seed = maphash.MakeSeed()

func rowSum(id, kind string) uint64 {
	return maphash.Comparable(seed, touch{id, kind})
}

// expect adds the subject rows that an entry should have.
func (s *scan) expect(e *Event) {
	if e.N >= int64(len(s.balance)) {
		return // the chain has a gap then, and is looked into for that
	}
	for _, t := range touched(e) {
		s.balance[e.N].Add(rowSum(t.id, t.kind))
	}
}

// compareSubjects takes the subject rows that stand from those that should, in whatever order the table has them, so that
// nothing is sorted. What is left over somewhere does not hold.
func compareSubjects(r store.Reader, scans map[string]*scan) error {
	rows, err := r.Query("select subject_id, chain, n, kind from audit_subjects")
	if err != nil {
		return err
	}
	var subject, chain, kind string
	var n int64
	for rows.Next() {
		if err = rows.Scan(&subject, &chain, &n, &kind); err != nil {
			break
		}
		s := scans[chain]
		if s == nil { // a chain that nothing else knows of
			s = newScan(chain, nil)
			scans[chain] = s
		}
		if n < 1 || n >= int64(len(s.balance)) {
			s.stray(n, fmt.Sprintf("a row in audit_subjects names %s there, and there is no such entry", subject))
			continue
		}
		s.balance[n].Add(-rowSum(subject, kind))
	}
	if end := rows.Close(); err == nil {
		err = end
	}
	if err == nil {
		err = rows.Err()
	}
	for _, s := range scans {
		for n := range s.balance {
			if s.balance[n].Load() != 0 {
				s.stray(int64(n), "its rows in audit_subjects are not those that the entry names")
				break
			}
		}
	}
	return err
}

func (s *scan) stray(n int64, what string) {
	if s.bare == nil || n < s.bare.n {
		s.bare = &fault{n, what}
	}
}
