package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth/password"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/security"
	"github.com/stewardhq/steward/internal/web"
)

var serveCommand = &command{
	name: "serve", summary: "Serve the desk", example: "STEWARD_PUBLIC_URL=https://desk.example.com steward serve",
	set: func(f *flag.FlagSet) action {
		config := configured(f)
		listen := f.String("listen", "", "address to listen on (STEWARD_LISTEN)")
		return func(ctx context.Context, t Terminal, _ []string) error {
			c, err := config(t)
			if err != nil {
				return err
			}
			if *listen != "" {
				c.Listen = *listen
			}
			return opened(ctx, t, c, Options{Migrate: true, Work: true}, func(a *App) error {
				socket, err := net.Listen("tcp", a.Config.Listen)
				if err != nil {
					return fmt.Errorf("listen on %s: %w; choose another address with --listen", a.Config.Listen, err)
				}
				if err := errors.Join(a.calibrate(ctx), a.offerSetUp(ctx, t.Out)); err != nil {
					return errors.Join(err, socket.Close())
				}
				if a.Config.SMTP == "" {
					a.Log.Warn("no mail server is set (STEWARD_SMTP): mail waits in the outbox, see Settings > Mail")
				}
				return a.Serve(ctx, socket, func() {
					_, _ = fmt.Fprintf(t.Out, "Steward serves %s (listening on %s)\n", a.Config.PublicURL, socket.Addr())
				})
			})
		}
	},
}

// offerSetUp prints the one-time link for the first Super Admin, while there is none, and keeps it in a file for the owner.
func (a *App) offerSetUp(ctx context.Context, out io.Writer) error {
	claimed, err := account.Claimed(a.Store.Read(ctx))
	if err != nil || claimed {
		return err
	}
	token, err := op.Do(ctx, a.Door, op.HostOperator("serve"), account.OfferSetUp, op.None{})
	if err != nil {
		return err
	}
	link := a.Site.Link("/setup?token=" + token)
	if err := os.WriteFile(filepath.Join(a.Config.Data, "setup-link"), []byte(link+"\n"), 0o600); err != nil {
		return fmt.Errorf("keep the setup link: %w", err)
	}
	_, err = fmt.Fprintf(out, "Nobody has claimed this installation yet. Make the first Super Admin within an hour:\n  %s\n", link)
	return err
}

// calibrate sees to it that passwords are hashed at a cost that suits the machine: measured at the first start, kept with the
// settings, the same for every node.
func (a *App) calibrate(ctx context.Context) error {
	cost, measured, err := security.LoadCost(a.Store.Read(ctx))
	if err != nil {
		return err
	}
	if !measured {
		var took time.Duration
		if cost, took, err = password.Calibrate(ctx); err != nil {
			return err
		}
		kept := security.Cost{Memory: cost.Memory, Passes: cost.Passes, Lanes: cost.Lanes, Took: took.Milliseconds()}
		if _, err := op.Do(ctx, a.Door, op.HostOperator("serve"), security.KeepCost, kept); err != nil {
			return err
		}
		a.Log.Info("measured what a password hash costs here", "cost", cost, "took", took)
	}
	a.Desk.Hasher, err = password.New(cost)
	return err
}

// Serve answers requests on the socket until ctx ends, then lets running ones finish.
func (a *App) Serve(ctx context.Context, socket net.Listener, ready func()) error {
	if a.Config.MetricsListen != "" {
		if err := a.showMetrics(ctx, a.Config.MetricsListen); err != nil {
			return errors.Join(err, socket.Close())
		}
	}
	if err := a.Work(ctx); err != nil {
		return errors.Join(err, socket.Close())
	}
	server := &http.Server{
		Handler: a.Handler(), ReadHeaderTimeout: web.ReadHeaderTimeout, ReadTimeout: web.ReadTimeout, IdleTimeout: web.IdleTimeout,
		MaxHeaderBytes: web.MaxHeader, ErrorLog: slog.NewLogLogger(a.Log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(socket) }()
	ready()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := server.Shutdown(stop); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// drain is how long requests that run when the server is told to stop may go on.
const drain = 10 * time.Second
