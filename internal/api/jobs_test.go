package api_test

import (
	"context"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/api"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// labour is a job that goes on until it is cancelled.
type labour struct{}

func (labour) Kind() string { return "test.labour" }

type begun struct {
	ID, By string
	Scope  access.Scope
	At     time.Time // zero is now
}

// beginWork stands for an import that somebody asked for.
var beginWork = &op.Action[begun, op.Place, op.None]{
	Name: "test.begin_work", Summary: "Begin a job", Allow: access.ImportsRun,
	Target: func(*op.Tx, begun) (op.Place, error) { return op.Installation, nil },
	Do: func(tx *op.Tx, _ op.Place, b begun) (op.None, error) {
		tx.Note("job", b.ID)
		return op.None{}, tx.Enqueue(labour{}, jobs.Tracked(b.ID), jobs.By(b.By, b.Scope), jobs.At(b.At))
	},
}

func (d *desk) begin(by string, at access.Scope, when time.Time) (job string) {
	d.t.Helper()
	job = id.New(id.Job, d.Door.Now())
	if _, err := op.Do(d.t.Context(), d.Door, op.HostOperator("test"), beginWork, begun{job, by, at, when}); err != nil {
		d.t.Fatal(err)
	}
	return job
}

// labours works jobs beside the world, as a server does, and hears of each that began.
func (d *desk) labours() (began chan string) {
	d.t.Helper()
	began = make(chan string, 10)
	var w jobs.Workers
	jobs.Handle(&w, func(ctx context.Context, job *jobs.Job[labour]) error {
		job.Progress(3, 10, "half awake")
		began <- job.ID
		<-ctx.Done()
		return ctx.Err()
	}, jobs.Long())
	q, err := jobs.Open(d.t.Context(), d.Store, &w, jobs.Options{StopTimeout: time.Second})
	if err != nil {
		d.t.Fatal(err)
	}
	if err := q.Start(context.Background()); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		stop, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := q.Stop(stop); err != nil {
			d.t.Error(err)
		}
	})
	return began
}

func (d *desk) until(token, job, state string) reply {
	d.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		r := d.get(token, "/v1/jobs/"+job).is(200)
		if r.text("state") == state {
			return r
		}
		if time.Now().After(end) {
			d.t.Fatalf("the job does not become %s: %s", state, r.Body)
		}
	}
}

func TestARunningJobIsCancelled(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		began := d.labours()
		aurora := d.brand("aurora")
		ada := d.key("ada", access.Platform, access.SystemConfigure)
		job := d.begin("usr_somebody", aurora, time.Time{})
		select {
		case <-began:
		case <-time.After(30 * time.Second):
			t.Fatal("the job does not begin")
		}
		r := d.until(ada, job, "running")
		if r.text("kind") != "test.labour" || r.text("scope") != aurora.String() || r.text("requested_by") != "usr_somebody" {
			t.Errorf("the job: %s", r.Body)
		}
		before := d.done()
		if r := d.call(ada, "DELETE", "/v1/jobs/"+job, "").is(200); r.value("cancelling") != true && r.text("state") != "cancelled" {
			t.Errorf("cancelled: %s", r.Body)
		}
		if got := d.done() - before; got != 1 {
			t.Errorf("%d events say that it was cancelled", got)
		}
		d.unchanged(func() { d.call(ada, "DELETE", "/v1/jobs/"+job, "").is(200) })
		if r := d.until(ada, job, "cancelled"); r.value("cancelling") != false || r.text("ended_at") == "" {
			t.Errorf("after it heard: %s", r.Body)
		}
		d.unchanged(func() { d.call(ada, "DELETE", "/v1/jobs/"+job, "").is(200) })
	})
}

func TestWhoCancelsAJob(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		later := time.Now().Add(time.Hour)
		aurora, meridian := d.brand("aurora"), d.brand("meridian")
		ada := d.key("ada", access.Platform, access.SystemConfigure)
		key := d.make(newKey(d, "ines", "shop", access.ImportsRun))
		ines := key.Token
		dev := d.key("dev", aurora, access.OrdersView)
		mine := d.begin(key.Key.ID, aurora, later)
		other := d.begin(string(d.Member("bruno").ID), aurora, later)
		hidden := d.begin(string(d.Member("priya").ID), meridian, later)
		d.unchanged(func() {
			d.call(ines, "DELETE", "/v1/jobs/"+other, "").is(403, "forbidden")
			there, absent := d.call(ines, "DELETE", "/v1/jobs/"+hidden, "").is(404), d.call(ines, "DELETE", "/v1/jobs/job_none", "").is(404)
			if there.Body.String() != absent.Body.String() {
				t.Errorf("a hidden job answers %s, an absent one %s", there.Body, absent.Body)
			}
			d.call(dev, "DELETE", "/v1/jobs/"+mine, "").is(404, "not_found")
			d.get(dev, "/v1/jobs/"+mine).is(404, "not_found")
			if _, err := op.Do(t.Context(), d.Door, d.As("bruno"), api.JobCancel, hidden); code(err) != "not_found" {
				t.Errorf("bruno cancels Meridian's job: %v", err)
			}
		})
		for _, job := range []string{mine, other, hidden} {
			if s := d.get(ada, "/v1/jobs/"+job).is(200).text("state"); s != "queued" {
				t.Errorf("after the refusals %s is %s", job, s)
			}
		}
		if r := d.call(ines, "DELETE", "/v1/jobs/"+mine, "").is(200); r.text("state") != "cancelled" {
			t.Errorf("one's own, which waits: %s", r.Body)
		}
		if _, err := op.Do(t.Context(), d.Door, d.As("bruno"), api.JobCancel, other); err != nil {
			t.Errorf("who asked for it: %v", err)
		}
		if r := d.call(ada, "DELETE", "/v1/jobs/"+hidden, "").is(200); r.text("state") != "cancelled" {
			t.Errorf("by who configures the system: %s", r.Body)
		}
	})
}
