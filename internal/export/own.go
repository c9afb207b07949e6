package export

import (
	"errors"
	"strconv"
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// Shown is an export as who asked for it is shown it.
type Shown struct {
	Export
	About string // name of the one person it is about; empty when there is none, or none that may be told
	Done  int64  // rows so far
	Of    int64  // 0: nobody knows yet
}

// Left is how long the file can still be had.
func (s *Shown) Left(now time.Time) time.Duration { return time.UnixMilli(s.ExpiresAt).Sub(now) }

// Page asks for one's exports, newest first.
type Page struct {
	Before ID  `json:"before,omitempty"`
	Limit  int `json:"limit,omitempty"` // 1 to 200; 0 is 50
}

// List lists the caller's own exports, and one more than asked for when there are more. A key sees what it asked for itself.
var List = &op.Query[Page, []Shown]{
	Name: "export.list", Summary: "List one's own exports", Own: true, Private: true,
	Do: func(v *op.View, in Page) ([]Shown, error) {
		if err := v.Signed(); err != nil {
			return nil, err
		}
		if in.Limit <= 0 {
			in.Limit = 50
		}
		whose, who := "person = $1", v.Caller().Person
		if v.Caller().Kind != op.Person {
			whose, who = "requester = $1", v.Caller().ID
		}
		args := []any{who, min(in.Limit, 200) + 1}
		if in.Before != "" {
			whose += " and id < $3"
			args = append(args, string(in.Before))
		}
		rows, err := Table.All(v, "where "+whose+" order by id desc limit $2", args...)
		all := make([]Shown, len(rows))
		for i := range rows {
			if err == nil {
				all[i], err = show(v, &rows[i])
			}
		}
		return all, err
	},
}

// Show shows one of the caller's own exports.
var Show = &op.Query[ID, Shown]{
	Name: "export.show", Summary: "Show how far an export of one's own is", Own: true, Private: true,
	Do: func(v *op.View, exportID ID) (Shown, error) {
		if err := v.Signed(); err != nil {
			return Shown{}, err
		}
		e, err := mine(v, v.Caller(), exportID)
		if err != nil {
			return Shown{}, err
		}
		return show(v, e)
	},
}

// show leaves out what is nobody's to read, and looks at the job for how far it is.
func show(v *op.View, e *Export) (s Shown, err error) {
	if e.Subject != "" && e.subject == nil {
		if e, err = find(v, e.ID); err != nil && !errors.Is(err, errs.ErrNotFound) {
			return s, err
		}
	}
	s.Export = *e
	s.KeyBox, s.AskBox, s.File = "", "", ""
	if e.subject != nil && v.Knows(e.subject.Subject()) {
		s.About = e.subject.Name()
	}
	if s.State == Ready && s.ExpiresAt <= v.Now().UnixMilli() {
		s.State = Expired
	}
	s.Done = s.Rows
	if !s.State.Going() {
		return s, nil
	}
	run, err := jobs.Status(v, e.Job)
	if errors.Is(err, jobs.ErrNoRun) {
		return s, nil
	}
	s.Done, s.Of = run.Done, run.Total
	switch run.State { // its process may have ended before it could say so
	case jobs.Failed:
		s.State, s.Code = Failed, run.Code
	case jobs.Cancelled:
		s.State = Cancelled
	}
	return s, err
}

// opened is an export whose file is handed out.
type opened struct {
	*Export
	identity string
}

// saveAs is what the file is called where it is saved. Only words of ours stand in it.
func (e *Export) saveAs(ending string) string {
	day := time.UnixMilli(e.MadeAt).UTC().Format(time.DateOnly)
	return e.Kind + "-" + day + "-" + string(e.ID) + "." + ending
}

// Open hands out the file of an export to who asked for it, while they may have what is in it.
var Open = &op.Query[ID, opened]{
	Name: "export.open", Summary: "Download an export of one's own", Own: true, Trail: true, Private: true,
	Do: func(v *op.View, exportID ID) (o opened, err error) {
		if err := v.Signed(); err != nil {
			return o, err
		}
		e, err := mine(v, v.Caller(), exportID)
		if err != nil {
			return o, err
		}
		switch {
		case e.State.Going():
			return o, ErrNotReady
		case e.State == Failed || e.State == Cancelled:
			return o, ErrFailed
		case e.State != Ready || e.ExpiresAt <= v.Now().UnixMilli():
			return o, ErrNoFile
		}
		if err := e.allows(v, v.Caller(), v.Now().UnixMilli()); err != nil {
			return o, err
		}
		if err := v.Require(e.first(), e); err != nil && !(e.Needs == "" && v.Caller().Is(e.Person)) {
			return o, err
		}
		o.Export = e
		note(v.Note, e)
		v.Note("rows", strconv.FormatInt(e.Rows, 10))
		o.identity, err = v.Unseal(e.owner(), e.KeyBox)
		return o, err
	},
}

// Cancel ends an export that is being made. What was written of it is deleted. One that was cancelled already stays so.
var Cancel = &op.Action[ID, *Export, op.None]{
	Name: "export.cancel", Summary: "Cancel an export of one's own", Allow: access.CustomersExport, Own: true,
	AllowFor: func(e *Export, _ ID) access.Permission { return e.first() },
	Target: func(tx *op.Tx, exportID ID) (*Export, error) {
		e, err := mine(tx, tx.Caller(), exportID)
		if err == nil { // it is one's own to end, whatever became of one's rights
			e.subject = nil
		}
		return e, err
	},
	Do: func(tx *op.Tx, e *Export, _ ID) (op.None, error) {
		if e.State == Cancelled {
			return op.None{}, nil
		}
		if !e.State.Going() {
			return op.None{}, ErrEnded
		}
		if err := tx.CancelJob(e.Job); err != nil && !errors.Is(err, jobs.ErrEnded) {
			return op.None{}, err
		}
		note(tx.Note, e)
		return op.None{}, e.over(tx, Cancelled, "")
	},
}
