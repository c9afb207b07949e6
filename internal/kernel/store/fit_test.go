package store_test

import (
	"errors"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// A text that one of the databases could not hold is refused by both, before it is sent: it is no fault of ours, and a transaction
// that only asked with it goes on.
func TestATextWithNULIsRefusedByBoth(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ada(t, db)
		type name string
		nul, typed := "a\x00b", name("\x00")
		if _, err := store.Value[int](db.Read(t.Context()).QueryRow("select count(*) from people where email = $1", nul)); !errors.Is(err, store.ErrText) {
			t.Errorf("asked with: %v", err)
		}
		for what, statement := range map[string]func(tx *store.Tx) error{
			"a text":  func(tx *store.Tx) error { _, err := tx.Exec("update people set name = $1", nul); return err },
			"a type":  func(tx *store.Tx) error { _, err := tx.Exec("update people set name = $1", typed); return err },
			"a place": func(tx *store.Tx) error { _, err := tx.Exec("update people set name = $1", &nul); return err },
			"one of 2": func(tx *store.Tx) error {
				_, err := tx.ExecMany("update people set name = $1", [][]any{{"x"}, {nul}})
				return err
			},
		} {
			if err := txn.Write(t.Context(), db, statement); !errors.Is(err, store.ErrText) {
				t.Errorf("%s: %v", what, err)
			}
		}
		write(t, db, func(tx *store.Tx) error {
			if _, err := store.Value[int](tx.QueryRow("select count(*) from people where email = $1", nul)); !errors.Is(err, store.ErrText) {
				t.Errorf("asked in a transaction: %v", err)
			}
			_, err := tx.Exec("update people set picture = $1", []byte(nul)) // bytes may be anything
			return err
		})
		if got, err := store.Value[string](db.Read(t.Context()).QueryRow("select name from people where num = $1", 1)); err != nil || got != "Ada" {
			t.Errorf("%q %v", got, err)
		}
	})
}
