package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/backup"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/mailing/smtp"
	"github.com/stewardhq/steward/internal/schema"
)

var doctorCommand = &command{
	name: "doctor", summary: "Check everything that an operator can get wrong, each with its remedy; it changes nothing", example: "steward doctor --config /etc/steward.env",
	set: func(f *flag.FlagSet) action {
		config, asJSON := configured(f), inJSON(f)
		return func(ctx context.Context, t Terminal, _ []string) error {
			d := &doctor{}
			if c, err := config(t); err != nil {
				d.bad("settings", err.Error(), "Correct the file of settings.")
			} else {
				d.examine(ctx, c)
			}
			if *asJSON {
				if err := writeJSON(t.Out, d.found); err != nil {
					return err
				}
			} else {
				for _, s := range d.found {
					_, _ = fmt.Fprintf(t.Out, "%-5s %-12s %s\n", s.State, s.What, s.Found)
					if s.Remedy != "" {
						_, _ = fmt.Fprintf(t.Out, "%18s → %s\n", "", s.Remedy)
					}
				}
			}
			if d.failed > 0 {
				return fmt.Errorf("%d checks failed: see above", d.failed)
			}
			return nil
		}
	},
}

// symptom is one line of the doctor's.
type symptom struct {
	What   string `json:"what"`
	State  string `json:"state"` // ok, note, bad
	Found  string `json:"found"`
	Remedy string `json:"remedy,omitempty"`
}

type doctor struct {
	found  []symptom
	failed int
}

func (d *doctor) ok(what, found string) { d.found = append(d.found, symptom{what, "ok", found, ""}) }

func (d *doctor) note(what, found, remedy string) {
	d.found = append(d.found, symptom{what, "note", found, remedy})
}

func (d *doctor) bad(what, found, remedy string) {
	d.failed++
	d.found = append(d.found, symptom{what, "bad", found, remedy})
}

func (d *doctor) examine(ctx context.Context, c Config) {
	if err := c.Settle(); err != nil {
		d.bad("settings", err.Error(), "Correct the setting; the environment wins over the file, flags over both.")
		return
	}
	d.ok("settings", "database "+kindOf(c.Database)+", data folder "+c.Data)
	there := d.folder(c)
	d.disk(c)
	d.address(c)
	d.mail(ctx, c)
	if year := time.Now().Year(); year < 2026 {
		d.bad("clock", fmt.Sprintf("this machine believes that it is %d", year), "Set the clock, best by NTP: codes, links and the audit log go by it.")
	}
	if !there {
		return
	}
	d.masterKey(c)
	d.files(c)
	d.journal(c)
	d.backup(c)
	db := d.database(ctx, c)
	if db == nil {
		return
	}
	defer func() { _ = db.Close() }()
	if !d.schema(ctx, db) {
		return
	}
	d.restore(ctx, db)
	d.clock(ctx, db)
	d.keyStore(ctx, c)
	d.people(ctx, db, c)
	d.chain(ctx, db, c)
}

func kindOf(database string) string {
	if path, ok := strings.CutPrefix(database, "sqlite:"); ok {
		return path
	}
	if u, err := url.Parse(database); err == nil {
		return u.Redacted()
	}
	return "PostgreSQL"
}

// folder says whether there is anything to look at.
func (d *doctor) folder(c Config) bool {
	info, err := os.Stat(c.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.note("data folder", c.Data+" is not there yet", "`steward serve` makes it at its first start. Name another one with STEWARD_DATA.")
		return false
	case err != nil:
		d.bad("data folder", err.Error(), "Let the user that runs Steward read "+c.Data+".")
		return false
	case !info.IsDir():
		d.bad("data folder", c.Data+" is a file", "Name a folder with STEWARD_DATA.")
		return false
	}
	if open := info.Mode().Perm() & 0o077; open != 0 {
		d.bad("data folder", fmt.Sprintf("others on this machine may look into %s (mode %04o)", c.Data, info.Mode().Perm()), "chmod 700 "+c.Data)
	} else {
		d.ok("data folder", c.Data+", for its owner alone")
	}
	probe, err := os.CreateTemp(c.Data, ".doctor")
	if err != nil {
		d.bad("data folder", "nothing can be written there: "+err.Error(), "Let the user that runs Steward own it: chown -R steward "+c.Data)
		return true
	}
	_ = probe.Close()
	_ = os.Remove(probe.Name())
	return true
}

// files are those in the data folder, which nobody else may read either.
func (d *doctor) files(c Config) {
	entries, err := os.ReadDir(c.Data)
	if err != nil {
		return // said already
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
			path := filepath.Join(c.Data, e.Name())
			d.bad("data folder", fmt.Sprintf("others on this machine may read %s (mode %04o)", shown(path), info.Mode().Perm()), "chmod 600 "+shown(path))
		}
	}
}

func (d *doctor) journal(c Config) {
	all, err := secret.ReadJournal(c.journal())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.note("erasures", "there is no erasure journal yet", "It is made at the first start. If there was one, put it back: it keeps erased people from coming back with a backup.")
	case err != nil:
		d.bad("erasures", err.Error(), "Put back the journal as it was, from where its copies are: beside each backup.")
	default:
		d.ok("erasures", fmt.Sprintf("the journal knows %s", count(len(all))))
	}
}

// backupAge is after how long without a backup the doctor says so.
const backupAge = 2 * 24 * time.Hour

func (d *doctor) backup(c Config) {
	last, known, err := readLastBackup(c.Data)
	age := time.Since(last.MadeAt)
	switch {
	case err != nil:
		d.note("backup", err.Error(), "The next backup writes this file anew.")
	case !known:
		d.note("backup", "none is known of", "steward backup FILE, every day; see Backups in docs/operating.md.")
	case age > backupAge:
		d.note("backup", fmt.Sprintf("the last one is %d days old: %s", int(age/(24*time.Hour)), shown(last.File)), "steward backup FILE, every day.")
	default:
		d.ok("backup", "last made "+last.MadeAt.UTC().Format("2006-01-02 15:04")+" UTC: "+shown(last.File))
	}
}

func (d *doctor) restore(ctx context.Context, db *store.DB) {
	p, waits, err := backup.FindPending(db.Read(ctx))
	switch {
	case err != nil:
		d.bad("restore", err.Error(), "Check the database.")
	case waits:
		d.bad("restore", "the backup of "+p.MadeAt.Format("2006-01-02")+" is in place, and the erasures since were not replayed yet", "steward serve: it does that before it serves anybody.")
	}
}

func (d *doctor) disk(c Config) {
	free, ok := freeDisk(c.Data)
	switch {
	case !ok:
	case free < 256<<20:
		d.bad("disk", size(free)+" free", "Make room: SQLite refuses to write on a full disk.")
	case free < 2<<30:
		d.note("disk", size(free)+" free", "Make room before it is full.")
	default:
		d.ok("disk", size(free)+" free")
	}
}

func (d *doctor) address(c Config) {
	u, _ := url.Parse(c.PublicURL)
	if isLoopback(u.Hostname()) {
		d.note("public URL", c.PublicURL+" is for this machine only", "For others, put a proxy with https before it and set STEWARD_PUBLIC_URL.")
	} else {
		d.ok("public URL", c.PublicURL)
		if _, err := net.DefaultResolver.LookupHost(context.Background(), u.Hostname()); err != nil {
			d.note("public URL", "this machine cannot resolve "+u.Hostname(), "Check the name in DNS: links in mail lead there.")
		}
	}
}

func (d *doctor) mail(ctx context.Context, c Config) {
	if c.SMTP == "" {
		d.note("mail", "no mail server is set, so mail waits in the outbox", "Set STEWARD_SMTP: without mail nobody gets a code, and what needs one cannot be confirmed.")
		return
	}
	server, err := smtp.ParseURL(c.SMTP)
	if err != nil {
		d.bad("mail", err.Error(), "Correct STEWARD_SMTP.")
		return
	}
	address := server.Address()
	dialer := net.Dialer{Timeout: 3 * time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		d.bad("mail", "the mail server does not answer at "+address+": "+err.Error(), "Check STEWARD_SMTP, and that this machine may reach it.")
		return
	}
	_ = conn.Close()
	d.ok("mail", "the mail server answers at "+address)
}

func (d *doctor) masterKey(c Config) {
	info, err := os.Stat(c.MasterKeyFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.note("master key", c.MasterKeyFile+" is not there yet", "It is made at the first start. If there was one, put it back: without it nothing that is sealed can be read.")
	case err != nil:
		d.bad("master key", err.Error(), "Let the user that runs Steward read it.")
	case info.Mode().Perm()&0o077 != 0:
		d.bad("master key", fmt.Sprintf("others on this machine may read it (mode %04o)", info.Mode().Perm()), "chmod 600 "+c.MasterKeyFile)
	case filepath.Dir(c.MasterKeyFile) == filepath.Clean(c.Data):
		d.note("master key", "it lies beside the data that it protects", "Keep a copy elsewhere, and never in the same backup as the databases. STEWARD_MASTER_KEY_FILE names another place.")
	default:
		d.ok("master key", c.MasterKeyFile+", for its owner alone")
	}
}

// database opens the database, without making one.
func (d *doctor) database(ctx context.Context, c Config) *store.DB {
	if path, lite := strings.CutPrefix(c.Database, "sqlite:"); lite {
		if _, err := os.Stat(path); err != nil {
			d.note("database", path+" is not there yet", "`steward serve` or `steward migrate` makes it.")
			return nil
		}
	}
	db, err := store.Open(ctx, store.Options{URL: c.Database, Readers: 2})
	if err != nil {
		d.bad("database", err.Error(), "Check STEWARD_DATABASE, and that the database server runs and lets this machine in.")
		return nil
	}
	if db.Dialect() == store.SQLite {
		version, err := store.Value[string](db.Read(ctx).QueryRow("select sqlite_version()"))
		d.first("database", "SQLite "+version, err)
		return db
	}
	d.server(ctx, db)
	return db
}

// server looks at PostgreSQL itself.
func (d *doctor) server(ctx context.Context, db *store.DB) {
	r := db.Read(ctx)
	number, err := store.Value[int64](r.QueryRow("select cast(current_setting('server_version_num') as bigint)"))
	switch {
	case err != nil:
		d.bad("database", err.Error(), "Check the database server.")
	case number < 140000:
		d.bad("database", fmt.Sprintf("PostgreSQL %d", number/10000), "Use PostgreSQL 14 or newer.")
	default:
		d.ok("database", fmt.Sprintf("PostgreSQL %d", number/10000))
	}
	n, err := store.Value[int64](r.QueryRow("select count(*) from pg_extension where extname = 'pg_trgm'"))
	switch {
	case err != nil:
		d.bad("extension", err.Error(), "Check the database server.")
	case n == 0:
		d.note("extension", "pg_trgm is not there: search needs it", "migrate makes it; if the user of the database may not, run as an administrator: create extension pg_trgm.")
	default:
		d.ok("extension", "pg_trgm")
	}
}

func (d *doctor) first(what, found string, err error) {
	if err != nil {
		d.bad(what, err.Error(), "Put back the last backup if the file is damaged.")
		return
	}
	d.ok(what, found)
}

// schema says whether there is one to go on with.
func (d *doctor) schema(ctx context.Context, db *store.DB) bool {
	steps, err := store.Status(ctx, db, schema.FS)
	waiting := 0
	for _, s := range steps {
		if s.Applied.IsZero() {
			waiting++
		}
	}
	queue, errQueue := jobs.Pending(ctx, db)
	switch err = errors.Join(err, errQueue); {
	case err != nil:
		d.bad("schema", err.Error(), "If the database is newer than this program, start the newer program.")
	case waiting+len(queue) > 0:
		d.bad("schema", fmt.Sprintf("%d migrations wait", waiting+len(queue)), "steward migrate")
	default:
		d.ok("schema", fmt.Sprintf("up to date, %d migrations", len(steps)))
		return true
	}
	return false
}

// clock compares with the database's clock on PostgreSQL, and with the newest entry of the audit log.
func (d *doctor) clock(ctx context.Context, db *store.DB) {
	r, now := db.Read(ctx), time.Now()
	if db.Dialect() == store.PostgreSQL {
		theirs, err := store.Value[int64](r.QueryRow("select cast(extract(epoch from clock_timestamp()) * 1000 as bigint)"))
		if off := now.Sub(time.UnixMilli(theirs)); err == nil && off.Abs() > 2*time.Second {
			d.bad("clock", fmt.Sprintf("this machine and the database server differ by %s", off.Round(time.Millisecond)), "Set both clocks by NTP.")
			return
		}
	}
	newest, err := store.Value[int64](r.QueryRow("select coalesce(max(at), 0) from audit_heads"))
	if ahead := time.UnixMilli(newest).Sub(now); err == nil && ahead > 5*time.Second {
		d.bad("clock", fmt.Sprintf("the audit log's newest entry is %s ahead of this machine's clock", ahead.Round(time.Second)), "Set the clock, best by NTP.")
		return
	}
	d.ok("clock", now.UTC().Format(time.RFC3339))
}

func (d *doctor) keyStore(ctx context.Context, c Config) {
	if path, lite := strings.CutPrefix(c.keyStore().URL, "sqlite:"); lite {
		if _, err := os.Stat(path); err != nil {
			d.bad("key store", path+" is missing", "Put it back from its own backup: without it the sealed values of all persons are lost. A new installation makes it at its first start.")
			return
		}
	}
	if info, err := os.Stat(c.MasterKeyFile); err != nil || info.Mode().Perm()&0o077 != 0 {
		return // said already
	}
	master, err := secret.LoadMaster(c.MasterKeyFile)
	if err != nil {
		d.bad("key store", err.Error(), "Put back the master key file from its copy.")
		return
	}
	keys, err := secret.OpenKeys(ctx, secret.Options{Store: c.keyStore(), Master: master})
	if err != nil {
		d.bad("key store", err.Error(), "Put back the key store and the master key that belong together.")
		return
	}
	_ = keys.Close()
	d.ok("key store", "the master key opens it")
}

func (d *doctor) people(ctx context.Context, db *store.DB, c Config) {
	r := db.Read(ctx)
	n, err := store.Value[int64](r.QueryRow(`select count(distinct g.user_id) from grants g join users u on u.id = g.user_id
		where g.role = 'super_admin' and g.scope = 'platform' and g.ended_at = 0 and g.until_at = 0 and u.status = 'active'`))
	switch {
	case err != nil:
		d.bad("super admin", err.Error(), "Check the database.")
	case n == 0:
		d.note("super admin", "there is none yet", "Start `steward serve` and open the link that it prints, or: steward admin create --email …")
	case n == 1:
		d.note("super admin", "there is one only", "Make a second one, so that the loss of one account locks nobody out.")
	default:
		d.ok("super admin", fmt.Sprintf("%d of them", n))
	}
	waiting, err := store.Value[int64](r.QueryRow("select count(*) from mails where state = 'waiting' and made_at < $1", time.Now().Add(-10*time.Minute).UnixMilli()))
	if err == nil && waiting > 0 && c.SMTP != "" {
		d.note("mail", fmt.Sprintf("%d mails have waited for more than ten minutes", waiting), "See Settings > Mail, and whether the server runs.")
	}
}

// verifyWithin is how long the doctor reads the audit log.
const verifyWithin = 5 * time.Second

func (d *doctor) chain(ctx context.Context, db *store.DB, c Config) {
	if _, err := os.Stat(filepath.Join(c.Data, "audit.key")); err != nil {
		d.note("checkpoints", "the key that signs them is not there yet", "It is made at the first start.")
		return
	}
	key, err := audit.SigningKey(filepath.Join(c.Data, "audit.key"))
	if err != nil {
		d.bad("checkpoints", err.Error(), "Put back audit.key from its copy, or let its owner alone read it.")
		return
	}
	anchors, err := (&audit.Checkpointer{DB: db, Path: c.checkpoints(), Key: key}).Anchors()
	if err != nil {
		d.bad("checkpoints", err.Error(), "Put back the file of checkpoints from its copy.")
		return
	}
	info, err := os.Stat(c.checkpoints())
	switch {
	case err != nil:
		d.note("checkpoints", "there are none yet", "The server writes one a minute; now: steward audit checkpoint")
	default:
		d.ok("checkpoints", "last written "+info.ModTime().UTC().Format("2006-01-02 15:04")+" UTC")
	}
	ctx, cancel := context.WithTimeout(ctx, verifyWithin)
	defer cancel()
	report, err := audit.Verify(ctx, db, anchors)
	switch {
	case ctx.Err() != nil:
		d.note("audit log", "it is too long to be verified in passing", "steward audit verify")
	case err != nil:
		d.bad("audit log", err.Error(), "Check the database, then: steward audit verify")
	case !report.OK:
		d.bad("audit log", report.Findings[0].Sentence, "steward audit verify names everything. Keep the database and the file of checkpoints as they are.")
	default:
		d.ok("audit log", fmt.Sprintf("%s entries verified", count(int(report.Entries))))
	}
}
