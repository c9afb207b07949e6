package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/kernel/backup"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/schema"
)

// restoring is what `steward restore` is told.
type restoring struct {
	file     string
	journals []string
	replace  bool
	accept   bool
}

var restoreCommand = &command{
	name: "restore", args: "FILE", summary: "Put a backup in the place of the installation, and erase again who was erased since",
	example: "steward restore /mnt/backups/steward-2026-11-20 --journal /mnt/journals/erasures.journal",
	set: func(f *flag.FlagSet) action {
		config, asJSON := configured(f), inJSON(f)
		var r restoring
		f.Func("journal", "`PATH` of a newer erasure journal; may be given several times", func(path string) error {
			r.journals = append(r.journals, path)
			return nil
		})
		f.BoolVar(&r.replace, "replace", false, "lose the installation that is there")
		f.BoolVar(&r.accept, "accept-erased-data-risk", false, "go on without an erasure journal: people who were erased may be back")
		return func(ctx context.Context, t Terminal, words []string) error {
			c, err := config(t)
			if err != nil {
				return err
			}
			if err := c.Settle(); err != nil {
				return err
			}
			if r.file, err = fileNamed(words[0]); err != nil {
				return err
			}
			k := newTicker(t)
			done, err := restore(ctx, t, c, r, k)
			k.end()
			if err != nil {
				return err
			}
			if *asJSON {
				return writeJSON(t.Out, done)
			}
			_, err = fmt.Fprintf(t.Out, "Restored the backup of %s: %s persons\n%s\n", done.MadeAt.Format("2006-01-02 15:04 UTC"), count(int(done.People)), done.erasures())
			return err
		}
	},
}

// restored is the answer of a restore.
type restored struct {
	Backup      string    `json:"backup"`
	MadeAt      time.Time `json:"made_at"`
	People      int64     `json:"people"`
	ErasedAgain int       `json:"erased_again"`
	Journals    []string  `json:"journals"`         // that were read
	Unheld      bool      `json:"unheld,omitempty"` // no Super Admin is left
}

func (r restored) erasures() string {
	if len(r.Journals) == 0 {
		return "There was no erasure journal: people who were erased since the backup may be back."
	}
	said := fmt.Sprintf("Erased again, because they were erased since: %s persons (by %s)", count(r.ErasedAgain), strings.Join(r.Journals, ", "))
	if r.Unheld {
		said += "\nNobody is Super Admin any more: the last one of the backup was erased since. Make one with: steward admin create"
	}
	return said
}

// restore verifies everything before it touches anything. The erasures are replayed by the opening that follows, and nobody is
// served before.
func restore(ctx context.Context, t Terminal, c Config, r restoring, k *ticker) (done restored, err error) {
	if _, err := os.Stat(c.MasterKeyFile); errors.Is(err, fs.ErrNotExist) {
		return done, fmt.Errorf("there is no master key at %s: put the one in place that was in use when the backup was made; no backup holds it", shown(c.MasterKeyFile))
	}
	master, err := secret.LoadMaster(c.MasterKeyFile)
	if err != nil {
		return done, err
	}
	k.told(0, 0, "verifying the backup")
	b, err := backup.Open(r.file, master)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	erasures, read, err := r.erasures(c)
	if err != nil {
		return done, err
	}
	if len(read) == 0 && !r.accept {
		return done, backup.ErrNoJournal
	}
	done = restored{Backup: b.ID, MadeAt: b.MadeAt, People: b.Rows("users"), Journals: read}
	if err := c.load(ctx, b, master, r, erasures, len(read) > 0, k); err != nil {
		return done, err
	}
	k.told(0, 0, "erasing again who was erased")
	err = opened(ctx, t, c, Options{Migrate: true, Replay: true}, func(a *App) error {
		done.ErasedAgain, done.Unheld = a.erasedAgain, a.unheld
		return nil
	})
	if err != nil {
		err = fmt.Errorf("the backup is in place, and the erasures since are not all replayed: %w; `steward serve` goes on with that before it serves anybody", err)
	}
	return done, err
}

// load puts the backup in place, alone in the data folder.
func (c *Config) load(ctx context.Context, b *backup.Backup, master *secret.Master, r restoring, erasures []secret.Erasure, known bool, k *ticker) (err error) {
	if err := c.ensureData(); err != nil {
		return err
	}
	release, err := takeFolder(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	if err := c.settle(ctx); err != nil { // what a restore before this one left
		return err
	}
	target := backup.Target{
		Database: c.database(), KeyStore: c.keyStore(), Master: master, Schema: schema.FS, Data: c.Data,
		Checkpoints: c.checkpoints(), AuditKey: c.auditKey(), Replace: r.replace, Accepted: !known, Tell: k.told,
	}
	if err := b.Check(ctx, target); err != nil {
		return err
	}
	if known { // before the data: nothing that comes after this can lose an erasure
		erasures = append(erasures, c.erasedThere(ctx)...)
		journal, err := secret.OpenJournal(c.journal())
		if err != nil {
			return err
		}
		if err := journal.Absorb(erasures...); err != nil {
			return err
		}
	}
	return b.Restore(ctx, target)
}

// erasures are those of every journal that can be found: the one of the installation that is replaced, those that are named, and
// those that lie beside the backup, where later backups have left newer ones.
func (r *restoring) erasures(c Config) (all []secret.Erasure, read []string, err error) {
	places := append([]string{c.journal()}, r.journals...)
	entries, err := os.ReadDir(filepath.Dir(r.file))
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if e.Type().IsRegular() && strings.HasSuffix(e.Name(), backup.JournalEnding) {
			places = append(places, filepath.Join(filepath.Dir(r.file), e.Name()))
		}
	}
	for i, place := range places {
		some, err := secret.ReadJournal(place)
		named := i > 0 && i <= len(r.journals)
		if errors.Is(err, fs.ErrNotExist) && !named {
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", shown(place), err)
		}
		all, read = append(all, some...), append(read, shown(place))
	}
	return all, read, nil
}
