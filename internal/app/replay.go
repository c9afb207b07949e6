package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/installation"
	"github.com/stewardhq/steward/internal/kernel/backup"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/schema"
	"github.com/stewardhq/steward/internal/user"
)

// A backup brings back who was erased after it was made. So a restored installation is marked, and while it is, it opens for
// nothing but this: to erase them again. A server does it before it listens, whoever was killed before.

// errUnreplayed refuses every other use.
var errUnreplayed = errors.New("this installation was restored from a backup, and the erasures since were not replayed yet: start `steward serve`, which does that first")

// afterRestore looks whether the installation was restored and is not ready, before anything makes a journal where there is none.
func (a *App) afterRestore(ctx context.Context, o Options) (p backup.Pending, waits bool, err error) {
	p, waits, err = backup.FindPending(a.Store.Read(ctx))
	if err != nil || !waits {
		return p, false, err
	}
	if !o.Work && !o.Replay {
		return p, true, errUnreplayed
	}
	if _, err = os.Stat(a.Config.journal()); errors.Is(err, fs.ErrNotExist) && p.Accepted {
		return p, true, nil
	}
	if err != nil {
		err = fmt.Errorf("there is no erasure journal at %s: put it back, because it says who was erased since the backup of %s: %w", shown(a.Config.journal()), p.MadeAt.Format("2 January 2006"), err)
	}
	return p, true, err
}

// replay erases everybody again who is in the journal, and takes the mark away.
func (a *App) replay(ctx context.Context, p backup.Pending) error {
	erasures, err := a.Journal.All()
	if err != nil {
		return err
	}
	gone := map[string]bool{}
	for _, e := range erasures {
		gone[e.Person] = true
	}
	people, err := a.returned(ctx, gone)
	if err != nil {
		return err
	}
	if err := a.destroyKeys(ctx, gone); err != nil { // of those too who have no row any more
		return err
	}
	for _, person := range people {
		if err := a.Eraser.Cleanse(ctx, person); err != nil {
			return fmt.Errorf("erase somebody again: %w", err)
		}
	}
	if len(gone) > 0 { // also where nobody is left to be erased: who was killed here before may have erased them
		tables, err := store.Tables(schema.FS, a.Store.Dialect())
		if err == nil {
			tables, err = store.Present(a.Store.Read(ctx), tables)
		}
		if err = errors.Join(err, a.Store.Compact(ctx, tables...), a.Keys.Compact(ctx)); err != nil {
			return err
		}
	}
	if a.unheld, err = a.nobodyHolds(ctx); err != nil {
		return err
	}
	a.erasedAgain = len(people)
	_, err = op.Do(ctx, a.Door, op.HostOperator("restore"), installation.Restored, installation.Replay{
		Backup: p.Backup, MadeAt: p.MadeAt, Erased: len(people), Journal: !p.Accepted,
	})
	if err != nil {
		return err
	}
	return backup.Settled(ctx, a.Store)
}

// nobodyHolds says whether no Super Admin is left: the last of the backup was erased since, which the replay does all the same.
func (a *App) nobodyHolds(ctx context.Context) (bool, error) {
	claimed, err := account.Claimed(a.Store.Read(ctx))
	return !claimed, err
}

// erasedThere are those who were erased or deleted in the installation that is about to be lost. Its journal has them, unless it was
// killed between a deletion and the job that writes it down. A database that cannot be read knows nobody.
func (c *Config) erasedThere(ctx context.Context) (all []secret.Erasure) {
	if path, lite := strings.CutPrefix(c.Database, "sqlite:"); lite {
		if _, err := os.Stat(path); err != nil {
			return nil // and none is made
		}
	}
	db, err := store.Open(ctx, c.database())
	if err != nil {
		return nil
	}
	defer func() { _ = db.Close() }()
	r := db.Read(ctx)
	if there, err := store.Present(r, []string{"hidden_persons"}); err != nil || len(there) == 0 {
		return nil
	}
	all, err = store.All(r, func(row store.Row) (e secret.Erasure, err error) {
		var person string
		var at int64
		err = row.Scan(&person, &at)
		return secret.Erasure{Person: secret.Tombstone(person), At: time.UnixMilli(at)}, err
	}, "select person, erased_at from hidden_persons where erased_at > 0 order by erased_at, person")
	if err != nil {
		return nil
	}
	return all
}

func (a *App) destroyKeys(ctx context.Context, gone map[string]bool) error {
	var persons []string
	err := a.Keys.Copy(ctx, func(w secret.Wrapped) error {
		if w.Person != "" && w.Key != "" && gone[secret.Tombstone(w.Person)] {
			persons = append(persons, w.Person)
		}
		return nil
	})
	if err != nil || len(persons) == 0 {
		return err
	}
	return a.Keys.Destroy(ctx, persons...)
}

// returned are the users of the backup who were erased since.
func (a *App) returned(ctx context.Context, gone map[string]bool) (people []user.ID, err error) {
	if len(gone) == 0 {
		return nil, nil
	}
	all, err := store.All(a.Store.Read(ctx), func(r store.Row) (user.ID, error) { return store.Value[user.ID](r) },
		"select id from users where status <> 'erased' order by num")
	for _, id := range all {
		if gone[secret.Tombstone(string(id))] {
			people = append(people, id)
		}
	}
	return people, err
}

// settle carries out, or throws away, what a killed restore left in the data folder. It is called by who holds the folder alone.
func (c *Config) settle(ctx context.Context) error {
	return backup.Finish(c.Data, backup.Happened(ctx, c.database()))
}

// sweep throws away what a killed backup, or a restore that was killed before it counted, left behind.
func (c *Config) sweep() error {
	finals := []string{c.auditKey(), c.checkpoints()}
	if path, lite := strings.CutPrefix(c.Database, "sqlite:"); lite {
		finals = append(finals, path, strings.TrimPrefix(c.keyStore().URL, "sqlite:"))
	}
	return errors.Join(backup.Sweep(c.Data), backup.DiscardStaged(finals...))
}
