package secret

import (
	"bytes"
	"testing"
	"time"
)

// A journal is read to its end, or refused: nothing that was written down is lost, and nothing is made up. What is left when a rest
// without an end is cut reads the same again.
func FuzzReadingAJournalLosesAndInventsNothing(f *testing.F) {
	one := Erasure{Person: Tombstone("usr_1"), At: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}.spell()
	two := Erasure{Person: Tombstone("usr_2"), At: time.Date(2026, 11, 20, 9, 0, 1, 0, time.UTC)}.spell()
	both := append(bytes.Clone(one), two...)
	for _, text := range [][]byte{nil, one, both, both[:len(both)-1], both[:len(one)+5], append([]byte("\n"), both...), append([]byte("{}\n"), both...), bytes.ReplaceAll(both, []byte("Z"), []byte("+00:00")), append(bytes.Clone(both), 0, 0, 0)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		all, whole, err := parse(text)
		if err != nil {
			return
		}
		var spelled []byte
		for _, e := range all {
			spelled = append(spelled, e.spell()...)
		}
		if whole != len(spelled) {
			t.Fatalf("%q: %d bytes stand, and %d are spelled", text, whole, len(spelled))
		}
		if kept := text[:min(whole, len(text))]; !bytes.HasPrefix(spelled, kept) || len(spelled)-len(kept) > 1 {
			t.Errorf("%q is read as %q", text, spelled)
		}
		if rest := text[min(whole, len(text)):]; bytes.IndexByte(rest, '\n') >= 0 {
			t.Errorf("%q: a whole line is cut: %q", text, rest)
		}
		again, n, err := parse(spelled)
		if err != nil || n != len(spelled) || len(again) != len(all) {
			t.Errorf("%q reads %d the second time: %v", spelled, len(again), err)
		}
	})
}
