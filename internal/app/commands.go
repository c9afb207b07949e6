package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/schema"
)

// commands are the verbs of the program, in the order in which a newcomer meets them.
func commands() []*command {
	return []*command{
		demoCommand, serveCommand, migrateCommand, doctorCommand, seedCommand, importOrdersCommand,
		adminCreateCommand, adminResetCommand, accessExplainCommand, auditVerifyCommand, auditCheckpointCommand, backupCommand, restoreCommand,
		openapiCommand, versionCommand,
	}
}

// plainError says an error to an operator: a refusal by its sentence, anything else as it is.
func plainError(err error) string {
	var refusal *errs.Error
	if errors.As(err, &refusal) && refusal.Kind != errs.Fault {
		text := refusal.Detail
		for field, what := range refusal.Fields {
			text += "\n  " + field + ": " + what
		}
		return text
	}
	return err.Error()
}

var versionCommand = &command{
	name: "version", summary: "Say which Steward this is", example: "steward version",
	set: func(f *flag.FlagSet) action {
		asJSON := inJSON(f)
		return func(_ context.Context, t Terminal, _ []string) error {
			version := "(built from source)"
			if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
				version = info.Main.Version
			}
			if *asJSON {
				return writeJSON(t.Out, map[string]string{"version": version, "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH})
			}
			_, err := fmt.Fprintf(t.Out, "steward %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		}
	},
}

var migrateCommand = &command{
	name: "migrate", summary: "Bring the database's schema up to date", example: "steward migrate --status",
	set: func(f *flag.FlagSet) action {
		config := configured(f)
		status := f.Bool("status", false, "only say what has been done and what waits")
		asJSON := inJSON(f)
		return func(ctx context.Context, t Terminal, _ []string) (err error) {
			c, err := config(t)
			if err != nil {
				return err
			}
			if err := c.Settle(); err != nil {
				return err
			}
			if *status {
				forget, wrong := c.standIn()
				if wrong != nil {
					return wrong
				}
				defer func() { err = errors.Join(err, forget()) }()
			} else if err := c.ensureData(); err != nil {
				return err
			}
			db, err := store.Open(ctx, store.Options{URL: c.Database})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, db.Close()) }()
			if !*status {
				if err := store.Migrate(ctx, db, schema.FS); err != nil {
					return err
				}
				if err := jobs.Migrate(ctx, db); err != nil {
					return err
				}
			}
			steps, err := store.Status(ctx, db, schema.FS)
			if err != nil {
				return err
			}
			if *asJSON {
				return writeJSON(t.Out, steps)
			}
			for _, s := range steps {
				state := "waits"
				if !s.Applied.IsZero() {
					state = "done " + s.Applied.UTC().Format("2006-01-02 15:04")
				}
				_, _ = fmt.Fprintf(t.Out, "%04d %-24s %s\n", s.Version, s.Name, state)
			}
			return nil
		}
	},
}

// standIn puts an empty database in the place of one that is not there yet, so that asking what waits makes nothing.
func (c *Config) standIn() (forget func() error, err error) {
	path, lite := strings.CutPrefix(c.Database, "sqlite:")
	if _, err := os.Stat(path); !lite || !errors.Is(err, fs.ErrNotExist) {
		return func() error { return nil }, nil
	}
	dir, err := os.MkdirTemp("", "steward-")
	if err != nil {
		return nil, err
	}
	c.Database = "sqlite:" + filepath.Join(dir, "steward.db")
	return func() error { return os.RemoveAll(dir) }, nil
}
