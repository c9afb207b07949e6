// Package export makes files for people: a table as CSV, everything about one person as a zip.
//
//	waiting ──► running ──► ready ──► expired      24 hours later, or when the person whom it is about is erased
//	    │           ├─────► failed
//	    └───────────┴─────► cancelled
//
// What is promised:
//
//   - A file is made by a job that runs as who asked for it. Who that is and what they hold is read anew for every batch of at
//     most 100 rows; what they lose meanwhile ends the export, wholly.
//   - The file belongs to who asked. It is handed out to them alone, and only while they hold everything that what is in it needs.
//   - Its bytes are sealed with a key of its own (age, X25519), which stands in the row, sealed for the person whom the file is about.
//     When the row lets go of the key, or the person's key is destroyed, what is left on the disk says nothing.
//   - Nothing half made can be had: the file is written beside its name and renamed when it is whole. What no row speaks for is
//     swept away, also after the process was killed.
//   - That it was asked for, how many rows were really written, and each download are events of the audit log.
//
// A domain that has something to export declares a Kind and an action that calls Start; row.go is what is kept, make.go the job,
// shelf.go the folder, own.go what people do with their exports.
package export

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// Operations is what can be done with exports.
var Operations = []op.Operation{List, Show, Open, Cancel, begin, task, requester, finish, end, tidy, live}

// Numbers of security.md, A0 and A-GDP 7.
const (
	Life       = 24 * time.Hour // of a file, once it is ready
	AtOnce     = 2              // exports of one brand that are being made
	PerHour    = 10             // exports that one person asks for
	UnprovenTo = 500            // rows that need no step-up
	kept       = 30 * 24 * time.Hour
)

// Batch is how many rows are read between two looks at what the requester may do.
const Batch = 100

// Refusals of an export.
var (
	ErrBusy     = errs.New(errs.TooMany, "export_busy", "Two exports of this shop are being made at this moment, which is as many as there may be. Try again when one of them is done.")
	ErrTooMany  = errs.New(errs.TooMany, "export_rate", "That is ten exports within an hour, which is as many as one person may make. The ones that you have are under “Your exports”.")
	ErrNotReady = errs.New(errs.Conflict, "export_not_ready", "This export is still being made. Look again in a moment.")
	ErrNoFile   = errs.New(errs.Gone, "export_gone", "This file is no longer kept: files are deleted after 24 hours. Make the export again.")
	ErrFailed   = errs.New(errs.Gone, "export_failed", "This export was not finished, so there is no file. Make it again.")
	ErrArchived = errs.New(errs.Gone, "export_archived", "Somebody in this export was archived or erased after it was asked for, so it is not handed out. Make a new one, which leaves them out.")
	ErrEnded    = errs.New(errs.Conflict, "export_ended", "This export has already ended, so there is nothing left to cancel.")
	ErrNobody   = errs.New(errs.Forbidden, "export_nobody", "An export belongs to somebody. Sign in, or use an API key.")
	errStopped  = errs.New(errs.Conflict, "export_stopped", "This export was ended meanwhile.")
)

// Order is what somebody wants to have exported. Who orders has decided that they may.
type Order struct {
	Kind    string
	Brand   brand.ID
	Places  []access.Scope      // that it is about, one at least
	Subject *user.User          // the one person it is about; nil: many
	People  access.PersonKind   // of many: as whom they are all reached
	Ask     any                 // what the kind needs to make it; becomes JSON and is sealed for who asks
	Needs   []access.Permission // of everything in it, at the subject or at Scope; none: it is one's own
	Columns []string
	Purpose string
	Filter  map[string]string // as the log tells it: plain facts, nothing personal
}

// Start queues an export in the operation that was asked for it. The operation's event says what was asked.
func Start(tx *op.Tx, o Order) (*Export, error) {
	c, now := tx.Caller(), tx.Now()
	if c.Person == "" {
		return nil, ErrNobody
	}
	if err := mayStart(tx, o.Brand); err != nil {
		return nil, err
	}
	ask, err := json.Marshal(o.Ask)
	if err != nil {
		return nil, err
	}
	file, _ := secret.Token()
	places := make([]string, len(o.Places))
	for i, at := range o.Places {
		places[i] = at.String()
	}
	e := &Export{
		ID: ID(id.New("exp_", now)), Brand: o.Brand, Scope: strings.Join(places, " "), People: o.People, Kind: o.Kind, Requester: c.ID, Person: c.Person,
		Session: c.Session, Job: id.New(id.Job, now), File: file, Needs: names(o.Needs), Columns: strings.Join(o.Columns, " "),
		Purpose: o.Purpose, State: Waiting, MadeAt: now.UnixMilli(),
	}
	if o.Subject != nil {
		e.Subject = string(o.Subject.ID)
	}
	if e.AskBox, err = tx.Seal(e.Person, string(ask)); err != nil {
		return nil, err
	}
	if err := Table.Insert(tx, e); err != nil {
		return nil, err
	}
	note(tx.Note, e)
	for key, value := range o.Filter {
		if value != "" {
			tx.Note(key, value)
		}
	}
	return e, tx.Enqueue(Make{e.ID}, jobs.Tracked(e.Job), jobs.By(e.Requester, o.Places[0]), jobs.Bulk())
}

// mayStart holds the rates. The counter's row makes those wait who ask at the same moment.
func mayStart(tx *op.Tx, b brand.ID) error {
	if _, err := tx.Next("exports of "+string(b), 1); err != nil {
		return err
	}
	if _, err := tx.Next("exports by "+tx.Caller().Person, 1); err != nil {
		return err
	}
	now := tx.Now().UnixMilli()
	going, err := store.Value[int64](tx.QueryRow(`select count(*) from exports e join job_runs j on j.id = e.job_id
		where e.brand_id = $1 and e.state in ('waiting', 'running') and j.state in ('queued', 'running')`, string(b)))
	if err != nil {
		return err
	}
	if going >= AtOnce {
		return ErrBusy.After(30 * time.Second)
	}
	var asked, first int64
	err = tx.QueryRow("select count(*), coalesce(min(made_at), 0) from exports where person = $1 and made_at > $2",
		tx.Caller().Person, now-time.Hour.Milliseconds()).Scan(&asked, &first)
	if err == nil && asked >= PerHour {
		return ErrTooMany.After(time.Duration(first+time.Hour.Milliseconds()-now) * time.Millisecond)
	}
	return err
}

// note puts what an export is on an event.
func note(on func(key, value string), e *Export) {
	for _, fact := range [][2]string{{"export", string(e.ID)}, {"kind", e.Kind}, {"columns", e.Columns}, {"purpose", e.Purpose}} {
		if fact[1] != "" {
			on(fact[0], fact[1])
		}
	}
}

func names(all []access.Permission) string {
	s := make([]string, len(all))
	for i, p := range all {
		s[i] = p.String()
	}
	return strings.Join(s, " ")
}
