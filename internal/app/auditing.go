package app

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"github.com/stewardhq/steward/internal/kernel/audit"
)

// errTampered is the outcome of a verification that found something.
var errTampered = errors.New("the audit log is not as it was written: see above")

var auditVerifyCommand = &command{
	name: "audit verify", summary: "Verify the audit log against its hashes and signed checkpoints", example: "steward audit verify --json",
	set: func(f *flag.FlagSet) action {
		config := configured(f)
		asJSON := inJSON(f)
		return func(ctx context.Context, t Terminal, _ []string) error {
			c, err := config(t)
			if err != nil {
				return err
			}
			return opened(ctx, t, c, Options{}, func(a *App) error {
				anchors, err := a.Checkpoints.Anchors()
				if err != nil {
					return err
				}
				report, err := audit.Verify(ctx, a.Store, anchors)
				if err != nil {
					return err
				}
				if *asJSON {
					err = writeJSON(t.Out, report)
				} else {
					_, err = fmt.Fprint(t.Out, report)
				}
				if err == nil && len(report.Findings) > 0 {
					err = errTampered
				}
				return err
			})
		}
	},
}

var auditCheckpointCommand = &command{
	name: "audit checkpoint", summary: "Sign the heads of the audit log now", example: "steward audit checkpoint",
	set: func(f *flag.FlagSet) action {
		config, asJSON := configured(f), inJSON(f)
		return func(ctx context.Context, t Terminal, _ []string) error {
			c, err := config(t)
			if err != nil {
				return err
			}
			return opened(ctx, t, c, Options{}, func(a *App) error {
				written, err := a.Checkpoints.Write(ctx)
				if err != nil {
					return err
				}
				if *asJSON {
					return writeJSON(t.Out, map[string]any{"written": written, "file": a.Checkpoints.Path, "public_key": audit.PublicText(a.Checkpoints.Key)})
				}
				_, err = fmt.Fprintf(t.Out, "%d checkpoints written to %s\nPublic key: %s\n", written, a.Checkpoints.Path, audit.PublicText(a.Checkpoints.Key))
				return err
			})
		}
	},
}
