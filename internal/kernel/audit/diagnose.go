package audit

import (
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/stewardhq/steward/internal/kernel/store"
)

// judge turns what the scan found into findings.
func (s *scan) judge(r store.Reader) error {
	var shift int64 // how far entries behind a break were renumbered
	brokenAt := forever
	if len(s.breaks) > 0 {
		near, err := s.neighbours(r, s.breaks[0].n)
		if err != nil {
			return err
		}
		brokenAt, shift = s.diagnose(s.breaks[0], near)
	}
	if len(s.facts) > 0 && s.facts[0].n < brokenAt {
		f := s.facts[0]
		s.found(Edited, f.n, "Entry %d of chain %s itself holds, but the column %s beside it was changed, so that filters show something else.", f.n, s.chain, f.what)
	}
	if err := s.judgeMarks(r, brokenAt, shift); err != nil {
		return err
	}
	s.judgeHead(brokenAt, shift)
	switch {
	case s.bare == nil || s.bare.n >= brokenAt || s.cut():
	case s.bare.n > s.last:
		s.found(TailCut, s.last+1, "Chain %s ends at entry %d, and at entry %d %s: the last entries were cut off, or the row was put in.", s.chain, s.last, s.bare.n, s.bare.what)
	default:
		s.found(Edited, s.bare.n, "Entry %d of chain %s: %s. Somebody's history shows too much or too little.", s.bare.n, s.chain, s.bare.what)
	}
	return nil
}

// cut says whether it was found already that the end is missing.
func (s *scan) cut() bool {
	return slices.ContainsFunc(s.findings, func(f Finding) bool { return f.Kind == TailCut })
}

// near holds the entries around a break, by their distance from it.
type near map[int64]*entryRow

func (s *scan) neighbours(r store.Reader, n int64) (near, error) {
	rows, err := store.All(r, func(row store.Row) (*entryRow, error) {
		e := new(entryRow)
		return e, e.scan(row)
	}, "select "+entryColumns+" from audit_events where chain = $1 and n >= $2 order by n limit 5", s.chain, n-2)
	around := near{}
	for _, e := range rows {
		around[e.n-n] = e
	}
	return around, err
}

// number is the n that an entry's own text says, 0 when it says none.
func (a near) number(distance int64) int64 {
	if e := a[distance]; e != nil {
		if b, err := bones(e.body); err == nil {
			return b.N
		}
	}
	return 0
}

func (a near) hash(distance, n int64) []byte {
	if n <= 0 {
		return origin[:]
	}
	if e := a[distance]; e != nil {
		return e.hash
	}
	return nil
}

// diagnose tells what happened at a break from what the texts around it say of their own numbers. It answers the first bad
// entry, and by how much what follows was renumbered.
func (s *scan) diagnose(b fault, around near) (first, shift int64) {
	n := b.n
	switch b.what {
	case odd:
		s.found(Inserted, n, "Chain %s has an entry with the number %d; the first is 1.", s.chain, n)
		return n, 0
	case gap:
		s.found(Deleted, n, "Entry %d of chain %s is missing, and later ones are there.", n, s.chain)
		return n, 0
	}
	own, next := around.number(0), around.number(1)
	switch {
	case own == n+1 && next == n:
		s.found(Reordered, n, "Entries %d and %d of chain %s changed places.", n, n+1, s.chain)
		return n, 0
	case own == n-1 && follows(around[0], own, around.hash(-2, n-2)):
		s.found(Inserted, n-1, "Entry %d of chain %s was put in; what follows was renumbered.", n-1, s.chain)
		return n - 1, 1
	case next == n:
		s.found(Inserted, n, "Entry %d of chain %s was put in; what follows was renumbered.", n, s.chain)
		return n, 1
	case own == n:
		s.found(Edited, n, "Entry %d of chain %s was changed, or entry %d together with its hash: the one no longer follows from the other.", n, s.chain, n-1)
		return n, 0
	case own > n && (next == own+1 || around[1] == nil):
		s.found(Deleted, n, "%d entries of chain %s from %d on were taken out, and what follows was renumbered.", own-n, s.chain, n)
		return n, n - own
	case own == 0:
		s.found(Edited, n, "Entry %d of chain %s was changed: it can no longer be read.", n, s.chain)
		return n, 0
	}
	s.found(Reordered, n, "At the place of entry %d of chain %s stands entry %d.", n, s.chain, own)
	return n, 0
}

// follows says whether an entry holds under another number and after another hash.
func follows(e *entryRow, n int64, before []byte) bool {
	if e == nil || before == nil {
		return false
	}
	sum := Hash(n, before, e.body)
	return same(sum[:], e.hash)
}

// judgeMarks compares the chain with what was signed.
func (s *scan) judgeMarks(r store.Reader, brokenAt, shift int64) error {
	end, disputed := s.last-shift, false
	for i, mark := range s.marks {
		switch {
		case mark.N > end:
			if s.head != nil && s.head.n == s.last && same(s.head.hash, s.lastHash) {
				s.short = &s.marks[i].Checkpoint
			}
			s.found(TailCut, end+1, "Chain %s ends at entry %d, and checkpoint %d of %s was signed at entry %d: the last entries were cut off, or an older state of the database was put back.",
				s.chain, end, mark.Number, when(mark.At), mark.N)
			return nil
		case disputed || brokenAt <= mark.N: // it follows from what was found before it
		case s.stands[i] != nil && same(s.stands[i], mark.hash):
			s.anchored = mark.N
		default:
			disputed = true
			if err := s.rewritten(r, mark); err != nil {
				return err
			}
		}
	}
	return nil
}

// rewritten tells a chain that somebody computed anew from one that was put back to an older state and then went on: there,
// everything in dispute is younger than the last signature that it contradicts.
func (s *scan) rewritten(r store.Reader, mark anchor) error {
	first, signed := s.anchored+1, mark.At
	for i, m := range s.marks {
		if !same(s.stands[i], m.hash) {
			signed = max(signed, m.At)
		}
	}
	younger, err := firstAt(r, s.chain, signed+1)
	if err != nil {
		return err
	}
	if younger <= mark.N {
		first = max(first, younger)
		s.found(RolledBack, first, "Entries of chain %s from %d on were made after %s, and checkpoint %d had signed other ones up to %d: an older state of the database was put back and then went on.",
			s.chain, first, when(signed), mark.Number, mark.N)
		return nil
	}
	where := fmt.Sprintf("entry %d", first)
	if first < mark.N {
		where = fmt.Sprintf("entries %d to %d, or some of them,", first, mark.N)
	}
	s.found(Rewritten, first, "Chain %s agrees with itself but not with checkpoint %d of %s: %s and their hashes were written anew. Signed was %s.",
		s.chain, mark.Number, when(mark.At), where, hex.EncodeToString(mark.hash))
	return nil
}

// judgeHead compares the end of the chain with the row that says where it is.
func (s *scan) judgeHead(brokenAt, shift int64) {
	end := s.last - shift
	switch {
	case s.cut():
	case s.head == nil:
		if s.count > 0 {
			s.found(HeadChanged, s.last, "Chain %s has entries up to %d and no row that says so.", s.chain, s.last)
		}
	case s.head.n > end:
		s.found(TailCut, end+1, "Chain %s ends at entry %d, and its head says %d: the last entries were cut off.", s.chain, end, s.head.n)
	case s.head.n < end && s.anchored <= s.head.n:
		s.found(Inserted, s.head.n+1, "Chain %s has entries up to %d, and its head says %d: entries were put in at the end, or the head was put back.", s.chain, end, s.head.n)
	case s.head.n < end:
		s.found(HeadChanged, s.head.n, "The head of chain %s says %d, and signed entries go further, to %d.", s.chain, s.head.n, end)
	case brokenAt < s.last: // the head follows from what stands behind the break
	case brokenAt == forever && !same(s.head.hash, s.lastHash):
		s.found(HeadChanged, s.last, "The head of chain %s has another hash than its last entry, %d.", s.chain, s.last)
	case brokenAt == forever && s.head.at != s.lastAt:
		s.found(HeadChanged, s.last, "The head of chain %s has another time than its last entry, %d.", s.chain, s.last)
	}
}
