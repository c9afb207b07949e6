package app

import (
	"context"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/privacy"
)

// workers are the jobs that a server works: what was queued with a change, and what comes back by the clock.
func (a *App) workers() *jobs.Workers {
	w := &jobs.Workers{}
	jobs.Handle(w, a.postman.Deliver, jobs.Attempts(12))
	jobs.Handle(w, a.rollTiers)
	jobs.Every(w, "customer.roll_tiers", jobs.Each(time.Hour), RollTiers{}) // brands have midnight at different hours
	jobs.Handle(w, a.retier)
	jobs.Handle(w, a.refreshRoles)
	jobs.Every(w, "account.refresh_roles", jobs.Each(time.Minute), account.RefreshRoles{})
	jobs.Handle(w, a.watchSignIns)
	jobs.Every(w, "auth.watch_sign_ins", jobs.Each(time.Minute), auth.LookAtSignIns{})
	a.makeExports(w)
	jobs.Handle(w, a.liftSuspensions)
	jobs.Every(w, "account.lift_suspensions", jobs.Each(time.Minute), account.LiftSuspensions{})
	jobs.Handle(w, a.Eraser.Forget)
	jobs.Handle(w, a.Eraser.Run)
	jobs.Every(w, "privacy.erase_due", jobs.Each(privacy.Every), privacy.EraseDue{})
	return w
}

// RollTiers is the job that lets tiers fall which have run out.
type RollTiers struct{}

// Kind names the job.
func (RollTiers) Kind() string { return "customer.roll_tiers" }

var clockwork = op.SystemActor("clock")

func (a *App) rollTiers(ctx context.Context, _ *jobs.Job[RollTiers]) error {
	for more := true; more; {
		rolled, err := op.Keep(ctx, a.Door, clockwork, customer.RollTiers, op.None{})
		if err != nil {
			return err
		}
		more = rolled.More
	}
	return nil
}

// retier goes through the customers of a brand whose thresholds were changed. Others work in between.
func (a *App) retier(ctx context.Context, job *jobs.Job[customer.Retier]) error {
	for slice := (customer.RetierSlice{Brand: job.Args.Brand}); ; {
		next, err := op.Keep(ctx, a.Door, clockwork, customer.RetierNext, slice)
		if err != nil || next == 0 {
			return err
		}
		slice.After = next
	}
}

func (a *App) refreshRoles(ctx context.Context, _ *jobs.Job[account.RefreshRoles]) error {
	_, err := op.Keep(ctx, a.Door, clockwork, account.Refresh, op.None{})
	return err
}

func (a *App) liftSuspensions(ctx context.Context, _ *jobs.Job[account.LiftSuspensions]) error {
	_, err := account.LiftDue(ctx, a.Door)
	return err
}

func (a *App) watchSignIns(ctx context.Context, _ *jobs.Job[auth.LookAtSignIns]) error {
	_, err := op.Do(ctx, a.Door, auth.Watch, auth.WatchSignIns, op.None{})
	return err
}
