package app

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
)

var adminCreateCommand = &command{
	name: "admin create", summary: "Make a Super Admin, on the machine itself", example: "steward admin create --email ines@example.com --first-name Ines --last-name Carvalho",
	set: func(f *flag.FlagSet) action {
		config, asJSON := configured(f), inJSON(f)
		var in account.NewAdmin
		f.StringVar(&in.Email, "email", "", "address that the Super Admin signs in with")
		f.StringVar(&in.FirstName, "first-name", "", "first name")
		f.StringVar(&in.LastName, "last-name", "", "last name")
		return func(ctx context.Context, t Terminal, _ []string) error {
			return breakGlass(ctx, t, config, *asJSON, in.Email, Options{Migrate: true}, func(a *App) (account.Added, error) {
				return op.Do(ctx, a.Door, op.HostOperator("admin create"), account.CreateAdmin, in)
			})
		}
	},
}

var adminResetCommand = &command{
	name: "admin reset", summary: "Make a link with which a member of staff sets a new password", example: "steward admin reset --email ines@example.com --second-factor",
	set: func(f *flag.FlagSet) action {
		config, asJSON := configured(f), inJSON(f)
		email := f.String("email", "", "address that the person signs in with")
		second := f.Bool("second-factor", false, "also remove their authenticator apps, passkeys and recovery codes, for who has lost all of them")
		return func(ctx context.Context, t Terminal, _ []string) error {
			return breakGlass(ctx, t, config, *asJSON, *email, Options{}, func(a *App) (account.Added, error) {
				if *second {
					if err := a.resetSecondFactor(ctx, *email); err != nil {
						return account.Added{}, unknownStaff(err, *email)
					}
				}
				added, err := op.Do(ctx, a.Door, op.HostOperator("admin reset"), account.NewPasswordLink, *email)
				return added, unknownStaff(err, *email)
			})
		}
	},
}

// unknownStaff says whom nobody knows, in place of the sentence for people who may not know.
func unknownStaff(err error, email string) error {
	if errors.Is(err, errs.ErrNotFound) {
		return fmt.Errorf("nobody on the staff signs in with %s", email)
	}
	return err
}

// resetSecondFactor removes what somebody has lost. Who has none is none the worse.
func (a *App) resetSecondFactor(ctx context.Context, email string) error {
	id, err := account.FindStaff(ctx, a.Store, email)
	if err != nil {
		return err
	}
	_, err = op.Do(ctx, a.Door, op.HostOperator("admin reset"), account.ResetSecondFactor, account.Of(id))
	if errors.Is(err, account.ErrNoSecondFactor) {
		return nil
	}
	return err
}

func breakGlass(ctx context.Context, t Terminal, config func(Terminal) (Config, error), asJSON bool, email string, o Options, do func(*App) (account.Added, error)) error {
	if email == "" {
		return errUsage{"--email is missing"}
	}
	c, err := config(t)
	if err != nil {
		return err
	}
	return opened(ctx, t, c, o, func(a *App) error {
		added, err := do(a)
		if err != nil {
			return err
		}
		if asJSON {
			return writeJSON(t.Out, map[string]string{"id": string(added.User), "email": email, "link": a.Site.Link("/set-password?token=" + added.Token)})
		}
		_, err = fmt.Fprintf(t.Out, "%s sets a password within an hour at\n  %s\n", email, a.Site.Link("/set-password?token="+added.Token))
		return err
	})
}
