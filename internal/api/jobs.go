package api

import (
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
	Cancelling  bool       `json:"cancelling"`
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

// jobShow shows a job to who asked for it, and to who runs imports where it works.
var jobShow = &op.Query[string, jobs.Run]{
	Name: "job.show", Summary: "Show how far a job is", Own: true,
	Do: func(v *op.View, id string) (jobs.Run, error) {
		if err := v.Signed(); err != nil {
			return jobs.Run{}, err
		}
		run, err := jobs.Status(v, id)
		if err != nil {
			return run, errs.ErrNotFound.Because(err)
		}
		c := v.Caller()
		mine := run.RequestedBy != "" && (run.RequestedBy == c.ID || c.Kind == op.Person && run.RequestedBy == c.Person)
		if mine || !run.Scope.IsZero() && v.Can(access.ImportsRun, op.Subject{Scope: run.Scope}) {
			return run, nil
		}
		return jobs.Run{}, errs.ErrNotFound
	},
}

func jobsRoutes(t *table) {
	Query(t, "GET /v1/jobs/{job}", jobShow, func(_ *Call, w jobPath) (string, error) { return w.Job, nil },
		func(_ *Call, _ jobPath, r jobs.Run) (Job, error) {
			return Job{
				ID: r.ID, Kind: r.Kind, State: r.State, Cancelling: r.Cancelling, Done: r.Done, Of: r.Total, Note: r.Note, Code: r.Code,
				RequestedBy: r.RequestedBy, Scope: r.Scope.String(), CreatedAt: moment(r.Created), StartedAt: moment(r.Started), EndedAt: moment(r.Ended),
			}, nil
		})
}
