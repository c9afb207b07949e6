// Package app puts the parts together. It is the one package that may import everything; operations.go is its table of contents.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/auth/password"
	"github.com/stewardhq/steward/internal/export"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/mailing/smtp"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/record"
	"github.com/stewardhq/steward/internal/schema"
	"github.com/stewardhq/steward/internal/seed"
	"github.com/stewardhq/steward/internal/web"
)

// App is one running installation, or one command's view of it.
//
// It keeps nothing of the database in memory but unwrapped keys of persons, for seconds (kernel/secret), and that somebody is Super
// Admin, which never becomes untrue. So what another process writes, such as an import beside a server, is seen with the next
// question, and there is nothing to poll for.
type App struct {
	Config      Config
	Log         *slog.Logger
	Store       *store.DB
	Master      *secret.Master
	Keys        *secret.Keys
	Journal     *secret.Journal // who was erased, for backups that come back
	Eraser      *privacy.Eraser
	Queue       *jobs.Queue
	Door        *op.Door
	Desk        *auth.Desk
	Checkpoints *audit.Checkpointer
	Site        *web.Site
	Exports     *export.Shelf
	Past        *seed.Clock // of the door while a sample world is made, else nil

	postman     *mailing.Postman
	erasedAgain int  // persons, by this opening, because a restored backup had brought them back
	unheld      bool // and no Super Admin is left
	counts      counts
	closers     []func() error
}

// Options say how an installation is opened.
type Options struct {
	Log     *slog.Logger
	Clock   func() time.Time // time.Now
	Migrate bool             // bring the schema up to date first; otherwise an old schema is refused
	Work    bool             // run jobs; commands only queue them
	Replay  bool             // finish a restore, as whoever works does; other commands are refused until it is finished
	Demo    *web.Demo        // nil outside the demo
	Seeding bool             // a sample world is made: its operations are in the catalogue, and the writer's cache is large
	Cost    password.Cost    // of password hashes; zero is the minimum
}

// Open opens an installation. The configuration is settled already. Close it.
func Open(ctx context.Context, c Config, o Options) (a *App, err error) {
	a = &App{Config: c, Log: o.Log}
	if a.Log == nil {
		a.Log = slog.New(slog.DiscardHandler)
	}
	half := a // a is nil in what is returned with an error
	defer func() {
		if err != nil {
			err = errors.Join(err, half.Close())
		}
	}()
	if err := c.ensureData(); err != nil {
		return nil, err
	}
	leave, err := joinFolder(ctx, &c, func() error { return c.settle(ctx) })
	if err != nil {
		return nil, err
	}
	a.closers = append(a.closers, leave)
	if err := c.sweep(); err != nil {
		return nil, err
	}
	opening := c.database()
	if o.Seeding {
		a.Past = &seed.Clock{}
		o.Clock = a.Past.Now
		opening.CacheKiB = 64 << 10
	}
	if a.Store, err = store.Open(ctx, opening); err != nil {
		return nil, err
	}
	a.closers = append(a.closers, a.Store.Close)
	if err := a.schema(ctx, o.Migrate); err != nil {
		return nil, err
	}
	if a.Master, err = secret.LoadMaster(c.MasterKeyFile); err != nil {
		return nil, err
	}
	if a.Keys, err = secret.OpenKeys(ctx, secret.Options{Store: c.keyStore(), Master: a.Master}); err != nil {
		return nil, err
	}
	a.closers = append(a.closers, a.Keys.Close)
	restored, waits, err := a.afterRestore(ctx, o)
	if err != nil {
		return nil, err
	}
	if a.Journal, err = secret.OpenJournal(c.journal()); err != nil {
		return nil, err
	}
	if err := a.door(ctx, o); err != nil {
		return nil, err
	}
	if waits {
		if err := a.replay(ctx, restored); err != nil {
			return nil, err
		}
	}
	signing, err := audit.SigningKey(c.auditKey())
	if err != nil {
		return nil, err
	}
	a.Checkpoints = &audit.Checkpointer{DB: a.Store, Path: c.checkpoints(), Key: signing, Log: a.Log}
	return a, a.site(o)
}

// keyStore is the second database, with the keys of persons: never in the same backup as what they open.
func (c *Config) keyStore() store.Options {
	if strings.HasPrefix(c.Database, "sqlite:") {
		return store.Options{URL: "sqlite:" + filepath.Join(c.Data, "keys.db"), Readers: 1, CacheKiB: 1024}
	}
	return store.Options{URL: c.Database, SearchPath: "steward_keys", Readers: 2, Writers: 2}
}

func (c *Config) database() store.Options { return store.Options{URL: c.Database} }
func (c *Config) checkpoints() string     { return filepath.Join(c.Data, audit.CheckpointFile) }
func (c *Config) auditKey() string        { return filepath.Join(c.Data, "audit.key") }
func (c *Config) journal() string         { return filepath.Join(c.Data, secret.JournalFile) }

// ErrOldSchema means that the database waits for `steward migrate`.
var ErrOldSchema = errors.New("the database's schema is older than this program: run `steward migrate`, then start again")

func (a *App) schema(ctx context.Context, migrate bool) error {
	if migrate {
		if err := store.Migrate(ctx, a.Store, schema.FS); err != nil {
			return err
		}
		return jobs.Migrate(ctx, a.Store)
	}
	steps, err := store.Status(ctx, a.Store, schema.FS)
	if err != nil {
		return err
	}
	for _, s := range steps {
		if s.Applied.IsZero() {
			return ErrOldSchema
		}
	}
	return nil
}

// door makes the one door, with the queue behind it and the desk before it.
func (a *App) door(ctx context.Context, o Options) (err error) {
	var workers *jobs.Workers
	began := time.Now()
	a.Eraser = &privacy.Eraser{
		Keys: a.Keys, Journal: a.Journal, Store: a.Store, Log: a.Log, Process: id.New("run_", began), Steady: func() time.Duration { return time.Since(began) },
	}
	a.postman = &mailing.Postman{PublicURL: a.Config.PublicURL, Keep: o.Demo != nil, Log: a.Log}
	a.Exports = a.Config.shelf()
	if o.Work {
		workers = a.workers()
	}
	if a.Queue, err = jobs.Open(ctx, a.Store, workers, jobs.Options{Log: a.Log}); err != nil {
		return err
	}
	operations := Operations()
	if o.Demo != nil {
		operations = append(operations, mailing.Latest)
	}
	if o.Seeding {
		operations = append(operations, seed.Operations...)
	}
	a.Door, err = op.New(op.Options{
		Store: a.Store, Keys: a.Keys, Master: a.Master, Jobs: a.Queue, Log: a.Log, Clock: o.Clock, SendCode: mailing.PostCode,
		Prover: auth.Prover{},
	}, operations...)
	if err != nil {
		return err
	}
	a.closers = append(a.closers, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return a.Door.Close(ctx)
	})
	cost := o.Cost
	if cost == (password.Cost{}) {
		cost = password.Minimum
	}
	hasher, err := password.New(cost)
	if err != nil {
		return err
	}
	a.Desk = &auth.Desk{Door: a.Door, Hasher: hasher, Step: auth.Step}
	a.postman.Door, a.Eraser.Door, a.Exports.Door = a.Door, a.Door, a.Door
	return a.mail()
}

// mail sets the way out for mail. Without one, it waits in the outbox.
func (a *App) mail() error {
	if a.Config.SMTP == "" {
		return nil
	}
	server, err := smtp.ParseURL(a.Config.SMTP)
	if err != nil {
		return err
	}
	a.postman.Transport = smtp.New(server)
	from := a.Config.MailFrom
	if from == "" {
		u, err := url.Parse(a.Config.PublicURL)
		if err != nil {
			return err
		}
		from = "steward@" + u.Hostname()
	}
	if err := smtp.CheckAddress(from); err != nil {
		return fmt.Errorf("STEWARD_MAIL_FROM: %w", err)
	}
	a.postman.From = smtp.Address{Name: "Steward", Email: from}
	return nil
}

func (a *App) site(o Options) error {
	public, err := url.Parse(a.Config.PublicURL)
	if err != nil {
		return err
	}
	proxies, err := a.Config.proxies()
	if err != nil {
		return err
	}
	a.Site = &web.Site{Door: a.Door, Desk: a.Desk, Public: public, Log: a.Log, Proxies: proxies, Demo: o.Demo}
	a.Site.Exports = a.Exports
	a.Site.Watch = &record.Watch{Store: a.Store, Checkpoints: a.Checkpoints, Log: a.Log}
	return nil
}

// Work runs what goes on beside requests until ctx ends: jobs, checkpoints, counts of refusals.
func (a *App) Work(ctx context.Context) error {
	if err := a.Exports.Sweep(ctx, nil); err != nil {
		return err
	}
	if err := a.Queue.Start(ctx); err != nil {
		return err
	}
	a.closers = append(a.closers, func() error {
		stop, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		defer cancel()
		return a.Queue.Stop(stop)
	})
	done := make(chan struct{}, 3)
	running, stop := context.WithCancel(ctx)
	go func() { a.Checkpoints.Run(running); done <- struct{}{} }()
	go func() { a.Door.RunRefusals(running); done <- struct{}{} }()
	go func() { a.Site.Watch.Run(running); done <- struct{}{} }()
	a.closers = append(a.closers, func() error { stop(); <-done; <-done; <-done; return nil })
	if a.postman.Transport != nil {
		if _, err := op.Keep(ctx, a.Door, mailing.Actor, mailing.Requeue, op.None{}); err != nil {
			return err
		}
	}
	return nil
}

// Close ends everything in the reverse order of its beginning.
func (a *App) Close() error {
	var all error
	for i := len(a.closers) - 1; i >= 0; i-- {
		all = errors.Join(all, a.closers[i]())
	}
	a.closers = nil
	return all
}
