package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Target is where a backup is restored to. Nobody else may use it meanwhile.
type Target struct {
	Database    store.Options
	KeyStore    store.Options
	Master      *secret.Master
	Schema      fs.FS
	Data        string
	Checkpoints string
	AuditKey    string
	Replace     bool // lose what is there
	Accepted    bool // that erased persons may be back, because there is no journal
	Tell        func(done, all int64, what string)
}

func (t *Target) engine() store.Dialect {
	if strings.HasPrefix(t.Database.URL, "sqlite:") {
		return store.SQLite
	}
	return store.PostgreSQL
}

func (t *Target) tell(done, all int64, what string) {
	if t.Tell != nil {
		t.Tell(done, all, what)
	}
}

// files that are put in place, with the name that each has until then.
func (t *Target) files() (all []move) {
	if t.engine() == store.SQLite {
		all = append(all, staged(path(t.Database)), staged(path(t.KeyStore)))
	}
	checkpoints := staged(t.Checkpoints) // the old ones know entries that the restored log has not: they are evidence, and are kept
	checkpoints.Aside = strings.TrimSuffix(t.Checkpoints, ".jsonl") + "." + time.Now().UTC().Format("20060102T150405Z") + ".jsonl"
	return append(all, staged(t.AuditKey), checkpoints)
}

func path(o store.Options) string { return strings.TrimPrefix(o.URL, "sqlite:") }

// Check refuses what cannot be restored. It changes nothing.
func (b *Backup) Check(ctx context.Context, t Target) error {
	if b.Engine != t.engine().String() {
		return ErrEngine
	}
	for _, known := range []struct {
		files fs.FS
		made  int64
	}{{t.Schema, b.Schema}, {secret.Schema(), b.KeyStore}} {
		latest, err := store.Latest(known.files, t.engine())
		if err != nil {
			return err
		}
		if known.made > latest {
			return ErrNewer
		}
	}
	if t.engine() == store.PostgreSQL {
		return t.checkPostgres(ctx)
	}
	for _, o := range []store.Options{t.Database, t.KeyStore} {
		info, err := os.Stat(path(o))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if info.Size() > 0 && !t.Replace {
			return ErrNotEmpty
		}
	}
	return nil
}

// quiet is the address of a database under a name that tells the connections of a restore from those of a server.
func quiet(o store.Options) store.Options {
	if u, err := url.Parse(o.URL); err == nil {
		q := u.Query()
		q.Set("application_name", "steward restore")
		u.RawQuery = q.Encode()
		o.URL = u.String()
	}
	o.Readers, o.Writers = 2, 2
	return o
}

// alone refuses while others are connected. The server shows a connection for a moment after it was closed, so it is asked again.
func alone(ctx context.Context, r store.Reader) error {
	for range 20 {
		others, err := store.Others(r)
		if err != nil || others == 0 {
			return err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ErrInUse
}

func (t *Target) checkPostgres(ctx context.Context) (err error) {
	o := quiet(t.Database)
	db, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	r := db.Read(ctx)
	if err := alone(ctx, r); err != nil {
		return err
	}
	tables, err := store.Tables(t.Schema, store.PostgreSQL)
	if err != nil {
		return err
	}
	there, err := store.Present(r, append(tables, store.Versions))
	if err == nil && len(there) > 0 && !t.Replace {
		err = ErrNotEmpty
	}
	return err
}

// Restore puts the backup in the place of what is there: all of it, or nothing. What it leaves is marked: see Pending.
func (b *Backup) Restore(ctx context.Context, t Target) error {
	if err := b.Check(ctx, t); err != nil {
		return err
	}
	files := t.files()
	if err := Discard(files); err != nil {
		return err
	}
	if err := b.stage(ctx, t); err != nil {
		return errors.Join(err, Discard(files))
	}
	if err := declare(t.Data, swap{Backup: b.ID, Files: files, Asks: t.engine() == store.PostgreSQL}); err != nil {
		return err
	}
	if t.engine() == store.SQLite { // with the note it is the backup's installation
		return Finish(t.Data, nil)
	}
	err := b.loadPostgres(ctx, t)
	return errors.Join(err, Finish(t.Data, Happened(ctx, t.Database))) // also after an error: the commit may have happened
}

// Happened asks a database whether it was restored from a backup and waits for the replay.
func Happened(ctx context.Context, o store.Options) func(backup string) (bool, error) {
	return func(backup string) (yes bool, err error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		db, err := store.Open(ctx, quiet(o))
		if err != nil {
			return false, err
		}
		defer func() { err = errors.Join(err, db.Close()) }()
		p, ok, err := FindPending(db.Read(ctx))
		return ok && p.Backup == backup, err
	}
}

// stage writes the files that the target will have, under other names.
func (b *Backup) stage(ctx context.Context, t Target) error {
	err := b.unpack(inCheckpoints, func(from io.Reader) error { return write(staged(t.Checkpoints).Staged, from) })
	if errors.Is(err, fs.ErrNotExist) {
		err = write(staged(t.Checkpoints).Staged, strings.NewReader(""))
	}
	if err != nil {
		return err
	}
	if len(b.auditKey) > 0 {
		if err := write(staged(t.AuditKey).Staged, strings.NewReader(string(b.auditKey))); err != nil {
			return err
		}
	}
	if t.engine() == store.PostgreSQL {
		return nil
	}
	t.tell(0, 0, "unpacking the database")
	name := staged(path(t.Database)).Staged
	if err := b.unpack(inDatabase, func(from io.Reader) error { return write(name, &heed{from, ctx}) }); err != nil {
		return fmt.Errorf("unpack the database: %w", err)
	}
	got := Header{}
	if err := describe(ctx, name, t.Schema, &got, func(db *store.DB) error { return Mark(ctx, db, b.pending(t)) }); err != nil {
		return fmt.Errorf("the backup's database: %w", err)
	}
	if err := b.same(got); err != nil {
		return err
	}
	t.tell(0, 0, "keys of persons")
	name = staged(path(t.KeyStore)).Staged
	f, err := draft(name)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	var failed error
	n, err := secret.FillFile(ctx, "sqlite:"+name, b.keys(t.Master, &failed))
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	if n != b.Persons {
		return ErrCounts
	}
	return nil
}

// same wants the tables of the backup with their rows.
func (b *Backup) same(got Header) error {
	for _, t := range b.Tables {
		if n := got.Rows(t.Table); n != t.Rows {
			return ErrCounts.Because(fmt.Errorf("%s has %d rows instead of %d", t.Table, n, t.Rows))
		}
	}
	return nil
}

// heed is a reader that ends with its context.
type heed struct {
	io.Reader
	ctx context.Context //nolint:containedctx // a reader has nowhere else to hear of its end
}

func (h *heed) Read(b []byte) (int, error) {
	if err := h.ctx.Err(); err != nil {
		return 0, err
	}
	return h.Reader.Read(b)
}

func write(name string, from io.Reader) error {
	f, err := draft(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, f.Sync(), f.Close())
}

func (b *Backup) loadPostgres(ctx context.Context, t Target) (err error) {
	keyOptions := quiet(t.KeyStore)
	schema, err := store.Open(ctx, keyOptions) // makes the schema of the key store
	if err != nil {
		return err
	}
	if err := schema.Close(); err != nil {
		return err
	}
	db, err := store.Open(ctx, quiet(t.Database))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := b.prepareQueue(ctx, db, t); err != nil {
		return err
	}
	return txn.Write(ctx, db, func(tx *store.Tx) error {
		if _, err := tx.Exec("set local lock_timeout = '10s'"); err != nil {
			return err
		}
		if err := b.rebuild(ctx, tx, t); err != nil {
			return err
		}
		if err := mark(tx, b.pending(t)); err != nil {
			return err
		}
		return b.loadKeys(tx, t)
	})
}

// queueSchema is where the job queue's tables are made, empty, before the transaction that takes them over.
const queueSchema = "steward_restore"

func (b *Backup) prepareQueue(ctx context.Context, db *store.DB, t Target) (err error) {
	err = txn.Write(ctx, db, func(tx *store.Tx) error { // what a killed restore left
		_, err := tx.Exec("drop schema if exists " + queueSchema + " cascade")
		return err
	})
	if err != nil {
		return err
	}
	o := quiet(t.Database)
	o.SearchPath = queueSchema
	apart, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, apart.Close()) }()
	return jobs.Prepare(ctx, apart, b.Queue)
}

// rebuild makes the tables anew and fills them.
func (b *Backup) rebuild(ctx context.Context, tx *store.Tx, t Target) error {
	if _, err := tx.Exec("drop table if exists " + pendingTable); err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return store.Unbuild(tx, t.Schema) },
		func() error { return jobs.Unbuild(tx) },
		func() error { return store.Build(tx, t.Schema, b.Schema) },
		func() error { return jobs.Adopt(tx, queueSchema) },
		func() error { _, err := tx.Exec("drop schema " + queueSchema + " cascade"); return err },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	names := make([]string, len(b.Tables))
	for i, c := range b.Tables {
		names[i] = c.Table
	}
	return tx.Unbound(names, func() error {
		for i, c := range b.Tables {
			t.tell(int64(i), int64(len(b.Tables)), "tables, now "+c.Table)
			// A migration may have put rows into the table, which are in the copy as they became.
			if _, err := tx.Exec("delete from " + c.Table); err != nil {
				return err
			}
			err := b.unpack(inTables+c.Table+tableEnding, func(from io.Reader) error {
				n, err := tx.CopyBack(c.Table, c.Columns, &heed{from, ctx})
				if err == nil && n != c.Rows {
					err = ErrCounts.Because(fmt.Errorf("%s has %d rows instead of %d", c.Table, n, c.Rows))
				}
				return err
			})
			if err != nil {
				return fmt.Errorf("load %s: %w", c.Table, err)
			}
		}
		return nil
	})
}

// loadKeys fills the key store, which is another schema of the same database: so both come with one commit.
func (b *Backup) loadKeys(tx *store.Tx, t Target) error {
	before, err := store.Value[string](tx.QueryRow("select current_setting('search_path')"))
	if err != nil {
		return err
	}
	if _, err := tx.Exec("select set_config('search_path', quote_ident($1), true)", t.KeyStore.SearchPath); err != nil {
		return err
	}
	if err := store.Unbuild(tx, secret.Schema()); err != nil {
		return err
	}
	if err := store.Build(tx, secret.Schema(), b.KeyStore); err != nil {
		return err
	}
	var failed error
	n, err := secret.Fill(tx, b.keys(t.Master, &failed))
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	if n != b.Persons {
		return ErrCounts
	}
	_, err = tx.Exec("select set_config('search_path', $1, true)", before)
	return err
}

const pendingTable = "restore_pending"

// Pending says that a database was restored and that the erasures since its backup were not replayed yet.
type Pending struct {
	Backup   string
	MadeAt   time.Time // the backup
	Accepted bool      // there is no journal, and the operator took the risk
}

// Mark says that a database waits for the replay.
func Mark(ctx context.Context, db *store.DB, p Pending) error {
	return txn.Write(ctx, db, func(tx *store.Tx) error { return mark(tx, p) })
}

// mark makes a table that no migration knows: it is there only between a restore and its end.
func mark(tx *store.Tx, p Pending) error {
	if _, err := tx.Exec("drop table if exists " + pendingTable); err != nil {
		return err
	}
	if _, err := tx.Exec("create table " + pendingTable + " (backup text not null, made_at bigint not null, accepted bigint not null)"); err != nil {
		return err
	}
	_, err := tx.Exec("insert into "+pendingTable+" (backup, made_at, accepted) values ($1, $2, $3)", p.Backup, p.MadeAt.UnixMilli(), p.Accepted)
	return err
}

func (b *Backup) pending(t Target) Pending {
	return Pending{Backup: b.ID, MadeAt: b.MadeAt, Accepted: t.Accepted}
}

// FindPending asks a database whether it waits for the replay. ok is false when it does not.
func FindPending(r store.Reader) (p Pending, ok bool, err error) {
	there, err := store.Present(r, []string{pendingTable})
	if err != nil || len(there) == 0 {
		return p, false, err
	}
	var madeAt int64
	if err := r.QueryRow("select backup, made_at, accepted from "+pendingTable).Scan(&p.Backup, &madeAt, &p.Accepted); err != nil {
		return p, false, err
	}
	p.MadeAt = time.UnixMilli(madeAt).UTC()
	return p, true, nil
}

// Settled takes the mark away: the erasures were replayed.
func Settled(ctx context.Context, db *store.DB) error {
	return txn.Write(ctx, db, func(tx *store.Tx) error {
		_, err := tx.Exec("drop table if exists " + pendingTable)
		return err
	})
}

// LastFile tells when the last backup was made. It lies in the data folder.
func LastFile(data string) string { return filepath.Join(data, "last-backup.json") }
