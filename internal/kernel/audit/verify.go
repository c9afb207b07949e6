package audit

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/kernel/store"
)

// Kind is what was done to a chain.
type Kind string

// The kinds of tampering that Verify tells apart.
const (
	Edited         Kind = "edited"          // an entry, a column beside it or a subject row says something else than was hashed
	Deleted        Kind = "deleted"         // entries are missing in the middle
	Inserted       Kind = "inserted"        // an entry stands where none was
	Reordered      Kind = "reordered"       // entries changed places
	TailCut        Kind = "tail_cut"        // the last entries are missing
	HeadChanged    Kind = "head_changed"    // the row of the chain's end is not what its last entry says
	Rewritten      Kind = "rewritten"       // the chain agrees with itself and not with a signed checkpoint
	RolledBack     Kind = "rolled_back"     // an older state of the database was put back
	AnchorsChanged Kind = "anchors_changed" // the checkpoint file itself was changed
)

// Finding is one thing that does not hold.
type Finding struct {
	Chain    string `json:"chain"`
	N        int64  `json:"n"` // the first bad entry
	Kind     Kind   `json:"kind"`
	Sentence string `json:"sentence"`
}

// ChainReport is what was found out about one chain.
type ChainReport struct {
	Chain    string    `json:"chain"`
	Entries  int64     `json:"entries"`
	Last     int64     `json:"last"`     // number of the last entry
	Hash     string    `json:"hash"`     // its hash, hex
	Anchored int64     `json:"anchored"` // up to here a signed checkpoint agrees; a cut of what follows could not be seen
	Findings []Finding `json:"findings,omitempty"`
}

// Report is the answer of Verify.
type Report struct {
	OK          bool          `json:"ok"`
	Entries     int64         `json:"entries"`
	Checkpoints int           `json:"checkpoints"`
	Chains      []ChainReport `json:"chains"`
	Findings    []Finding     `json:"findings,omitempty"` // of all chains, the first bad entry of each chain first
	Notes       []string      `json:"notes,omitempty"`    // what this verification cannot say
	Took        time.Duration `json:"took"`
}

// String says it for people.
func (r *Report) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%d entries in %d chains, %d signed checkpoints, checked in %s.\n", r.Entries, len(r.Chains), r.Checkpoints, r.Took.Round(time.Millisecond))
	if r.OK {
		s.WriteString("Everything holds.\n")
	}
	for _, f := range r.Findings {
		fmt.Fprintf(&s, "%s: %s\n", strings.ToUpper(strings.ReplaceAll(string(f.Kind), "_", " ")), f.Sentence)
	}
	for _, note := range r.Notes {
		s.WriteString(note + "\n")
	}
	return s.String()
}

// Verify reads every entry of every chain in one state of the database and checks that each hash follows from the one before,
// that the columns and subject rows say what the entries say, that each chain ends where its head says, and that all of it agrees
// with the signed checkpoints. An error means that it could not be found out; what does not hold is in the Report.
//
// For each chain the first break is named. What stands behind a break is not judged one by one: it was hashed upon something
// that is gone.
func Verify(ctx context.Context, db *store.DB, anchors ...*Anchors) (*Report, error) {
	began := time.Now()
	report := &Report{}
	signed, problems := merge(anchors, report)
	err := db.Snapshot(ctx, func(r store.Reader) error {
		heads, err := store.All(r, scanHead, "select chain, n, hash, at from audit_heads")
		if err != nil {
			return fmt.Errorf("read the heads: %w", err)
		}
		chains, err := chainNames(r, heads, signed)
		if err != nil {
			return fmt.Errorf("list the chains: %w", err)
		}
		scans := map[string]*scan{}
		for _, chain := range chains {
			s := newScan(chain, signed[chain])
			if i := slices.IndexFunc(heads, func(h chainHead) bool { return h.chain == chain }); i >= 0 {
				s.head = &heads[i].head
			}
			if err := s.entries(ctx, r); err != nil {
				return fmt.Errorf("read chain %s: %w", chain, err)
			}
			scans[chain] = s
		}
		if err := compareSubjects(r, scans); err != nil {
			return fmt.Errorf("read the subjects: %w", err)
		}
		chains = slices.Sorted(maps.Keys(scans))
		for _, chain := range chains {
			s := scans[chain]
			if err := s.judge(r); err != nil {
				return fmt.Errorf("look into chain %s: %w", chain, err)
			}
		}
		rollback(scans)
		for _, chain := range chains {
			report.add(scans[chain].report())
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("verify the audit log: %w", err)
	}
	report.Findings = append(report.Findings, problems...)
	report.OK = len(report.Findings) == 0
	report.Took = time.Since(began)
	return report, nil
}

func (r *Report) add(c ChainReport) {
	r.Chains = append(r.Chains, c)
	r.Findings = append(r.Findings, c.Findings...)
	r.Entries += c.Entries
	if r.Checkpoints > 0 && c.Anchored < c.Last && len(c.Findings) == 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("Chain %s: entries %d to %d are not signed yet; a cut among them could not be seen.", c.Chain, c.Anchored+1, c.Last))
	}
}

// anchor is a checkpoint with its hash read.
type anchor struct {
	Checkpoint
	hash []byte
}

// merge puts the checkpoints of all files together, for each chain in the order of n.
func merge(all []*Anchors, report *Report) (signed map[string][]anchor, problems []Finding) {
	signed = map[string][]anchor{}
	for _, a := range all {
		if a == nil {
			continue
		}
		for _, c := range a.Checkpoints {
			hash, err := hex.DecodeString(c.Hash)
			if err != nil {
				continue // signed by us and no hash: cannot be
			}
			report.Checkpoints++
			signed[c.Chain] = append(signed[c.Chain], anchor{c, hash})
		}
		for _, p := range a.Problems {
			problems = append(problems, Finding{Kind: AnchorsChanged, Sentence: p})
		}
		if a.Torn {
			report.Notes = append(report.Notes, "The last line of the checkpoint file was cut off while it was written, as a crash does; it was not used.")
		}
	}
	if report.Checkpoints == 0 {
		report.Notes = append(report.Notes, "There were no signed checkpoints to compare with: a cut tail, a rewritten chain and an older database put back cannot be seen.")
	}
	return signed, problems
}

// chainNames lists every chain that has entries, a head or a checkpoint.
func chainNames(r store.Reader, heads []chainHead, signed map[string][]anchor) (names []string, err error) {
	for _, h := range heads {
		names = append(names, h.chain)
	}
	for chain := range signed {
		names = append(names, chain)
	}
	for last, more := "", true; more; { // one step along the index for each
		name, err := store.Value[*string](r.QueryRow("select min(chain) from audit_events where chain > $1", last))
		if err != nil {
			return nil, err
		}
		if more = name != nil; more {
			names, last = append(names, *name), *name
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// rollback tells an older database from a cut tail. Both end before a checkpoint. But when several chains do, each agreeing with
// its head, and nothing anywhere is younger than what is missing, then the whole of it is from an earlier time.
func rollback(scans map[string]*scan) {
	var short []*scan
	youngest, missing := int64(0), int64(1)<<62
	for _, s := range scans {
		youngest = max(youngest, s.lastAt)
		if s.short != nil {
			short = append(short, s)
			missing = min(missing, s.short.At)
		}
	}
	if len(short) < 2 || youngest > missing {
		return
	}
	for _, s := range short {
		for i, f := range s.findings {
			if f.Kind == TailCut {
				s.findings[i].Kind = RolledBack
				s.findings[i].Sentence = fmt.Sprintf("Chain %s ends at entry %d, and checkpoint %d of %s was signed at entry %d. So does every other chain that went on since: an older state of the database was put back.",
					s.chain, s.last, s.short.Number, when(s.short.At), s.short.N)
			}
		}
	}
}

func when(ms int64) string { return time.UnixMilli(ms).UTC().Format("2 January 2006 15:04:05 UTC") }

func (s *scan) report() ChainReport {
	slices.SortStableFunc(s.findings, func(a, b Finding) int { return cmp.Compare(a.N, b.N) })
	return ChainReport{Chain: s.chain, Entries: s.count, Last: s.last, Hash: hex.EncodeToString(s.lastHash), Anchored: s.anchored, Findings: s.findings}
}

func (s *scan) found(kind Kind, n int64, format string, args ...any) {
	s.findings = append(s.findings, Finding{Chain: s.chain, N: n, Kind: kind, Sentence: fmt.Sprintf(format, args...)})
}

func same(a, b []byte) bool { return bytes.Equal(a, b) }
