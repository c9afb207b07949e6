package api

import (
	"errors"
	"strings"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// Job is work that goes on by itself.
type Job struct {
	ID          string     `json:"id" example:"job_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Kind        string     `json:"kind" example:"import.orders"`
	State       jobs.State `json:"state" enum:"queued,running,done,failed,cancelled"`
	Cancelling  bool       `json:"cancelling" description:"It was cancelled, and has not heard of it yet."`
	Done        int64      `json:"done" description:"How far it is, as it counts."`
	Of          int64      `json:"of" description:"How far it goes; 0 where nobody knows yet."`
	Note        string     `json:"note" description:"What it is busy with."`
	Code        string     `json:"code,omitempty" description:"Of the refusal that it ended with."`
	RequestedBy string     `json:"requested_by"`
	Scope       string     `json:"scope,omitempty"`
	CreatedAt   Time       `json:"created_at"`
	StartedAt   Time       `json:"started_at"`
	EndedAt     Time       `json:"ended_at"`
}

type jobPath struct {
	Job string `path:"job" json:"-" description:"Id of the job."`
}

// jobShow shows a job to who asked for it, to who runs imports where it works, and to who configures the system.
var jobShow = &op.Query[string, jobs.Run]{
	Name: "job.show", Summary: "Show how far a job is", Own: true,
	Do: func(v *op.View, id string) (jobs.Run, error) {
		if err := v.Signed(); err != nil {
			return jobs.Run{}, err
		}
		run, err := jobs.Status(v, id)
		if errors.Is(err, jobs.ErrNoRun) {
			return run, errs.ErrNotFound
		}
		if err != nil {
			return run, err
		}
		if asked(v.Caller(), run) || v.Knows((&work{Run: run}).Subjects()[0]) {
			return run, nil
		}
		return jobs.Run{}, errs.ErrNotFound
	},
}

// jobCancel asks for the end of a job: by who asked for it, or who configures the system. One that waits never runs; one that runs
// ends as soon as it hears, at the latest a few seconds later. What it did until then stays done. A key that asked for a job needs
// still what it asked with: a key has nothing of its own.
var jobCancel = &op.Action[string, *work, jobs.Run]{
	Name: "job.cancel", Summary: "Cancel a job", Allow: access.SystemConfigure, Own: true,
	AllowFor: func(w *work, _ string) access.Permission { return w.permission },
	Target: func(tx *op.Tx, id string) (*work, error) {
		if tx.Caller().Kind == op.Anonymous {
			return nil, op.ErrSignIn
		}
		run, err := jobs.Status(tx, id)
		if errors.Is(err, jobs.ErrNoRun) {
			return nil, errs.ErrNotFound
		}
		w := &work{Run: run, permission: access.SystemConfigure}
		if c := tx.Caller(); c.Kind == op.Key && asked(c, run) {
			w.permission = access.ImportsRun
		}
		return w, err
	},
	Do: func(tx *op.Tx, w *work, id string) (jobs.Run, error) {
		if w.Cancelling {
			return w.Run, nil
		}
		err := tx.CancelJob(id)
		run, readErr := jobs.Status(tx, id)
		switch {
		case readErr != nil:
			return run, readErr
		case errors.Is(err, jobs.ErrEnded) && run.State == jobs.Cancelled: // it is so already
			return run, nil
		case err == nil:
			tx.Note("kind", run.Kind)
		}
		return run, err
	},
}

// asked says whether the caller asked for the job.
func asked(c *op.Caller, run jobs.Run) bool {
	return run.RequestedBy != "" && run.RequestedBy == c.ID
}

// work is a job as a target: it belongs to where it works and, where a person asked for it, to them.
type work struct {
	jobs.Run
	permission access.Permission
}

// Subjects names the job.
func (w *work) Subjects() []op.Subject {
	s := op.Subject{Kind: "job", ID: w.ID, Scope: w.Scope, Seen: []access.Permission{access.ImportsRun, access.SystemConfigure}}
	if s.Scope.IsZero() {
		s.Scope = access.Platform
	}
	if strings.HasPrefix(w.RequestedBy, "usr_") {
		s.Person = w.RequestedBy
	}
	return []op.Subject{s}
}

func jobsRoutes(t *table) {
	Query(t, "GET /v1/jobs/{job}", jobShow, jobOf, showJob)
	Action(t, "DELETE /v1/jobs/{job}", jobCancel, jobOf, showJob, says("Cancel a job: it answers how the job stands"))
}

func jobOf(_ *Call, w jobPath) (string, error) { return w.Job, nil }

func showJob(_ *Call, _ jobPath, r jobs.Run) (Job, error) {
	return Job{
		ID: r.ID, Kind: r.Kind, State: r.State, Cancelling: r.Cancelling, Done: r.Done, Of: r.Total, Note: r.Note, Code: r.Code,
		RequestedBy: r.RequestedBy, Scope: r.Scope.String(), CreatedAt: moment(r.Created), StartedAt: moment(r.Started), EndedAt: moment(r.Ended),
	}, nil
}
