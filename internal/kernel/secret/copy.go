package secret

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"

	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Wrapped is a row of the key store as it lies there: nothing opens it but the master key. An empty one was destroyed.
type Wrapped struct {
	Person string `json:"person"`
	Key    string `json:"wrapped"`
	MadeAt int64  `json:"made_at"`
}

// Copy gives every row of the key store, in one state. Copy it after the database: a key is made before its first use, so the
// copy has every key that the copied database needs.
func (k *Keys) Copy(ctx context.Context, each func(Wrapped) error) error {
	return k.db.Snapshot(ctx, func(r store.Reader) (err error) {
		rows, err := r.Query("select person, wrapped, made_at from person_keys order by person")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var w Wrapped
			if err := rows.Scan(&w.Person, &w.Key, &w.MadeAt); err != nil {
				return err
			}
			if err := each(w); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// Destroyed says which persons' keys were destroyed: whoever is asked again whether an erasure is complete need not guess.
func (k *Keys) Destroyed(ctx context.Context, person string) (bool, error) {
	wrapped, err := store.Value[string](k.db.Read(ctx).QueryRow("select wrapped from person_keys where person = $1", person))
	if errors.Is(err, store.ErrNoRows) {
		return false, nil
	}
	return err == nil && wrapped == "" && person != canary, err
}

// Schema is the key store's own, for whoever makes one from a copy.
func Schema() fs.FS {
	files, err := fs.Sub(migrations, "keystore")
	if err != nil {
		panic(err) // it is compiled in
	}
	return files
}

// Fill puts rows of a copy into an empty key store, in a transaction on its database.
func Fill(tx *store.Tx, rows iter.Seq[[]any]) (int64, error) {
	return tx.CopyIn("person_keys", []string{"person", "wrapped", "made_at"}, rows)
}

// FillFile makes a key store of its own from a copy, for SQLite.
func FillFile(ctx context.Context, url string, rows iter.Seq[[]any]) (n int64, err error) {
	db, err := store.Open(ctx, store.Options{URL: url, Readers: 1})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := store.Migrate(ctx, db, Schema()); err != nil {
		return 0, fmt.Errorf("make a key store: %w", err)
	}
	err = txn.Write(ctx, db, func(tx *store.Tx) error {
		n, err = Fill(tx, rows)
		return err
	})
	return n, err
}

// Fits says whether a wrapped key was wrapped by this master key.
func (m *Master) Fits(w Wrapped) bool {
	if w.Key == "" {
		return true
	}
	key := m.derive("wrap", "person keys")
	defer clear(key[:])
	plain, err := open(&key, boxKey, w.Person, w.Key)
	clear(plain)
	return err == nil
}

// Version is the number of the key store's last migration.
func (k *Keys) Version(ctx context.Context) (int64, error) { return store.Version(k.db.Read(ctx)) }

// Compact writes the key store anew: afterwards its files hold no key that was destroyed. Nobody else may be using it.
func (k *Keys) Compact(ctx context.Context) error { return k.db.Compact(ctx, "person_keys") }
