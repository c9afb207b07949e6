package export

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"filippo.io/age"

	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// Make is the job that makes a file.
type Make struct {
	Export ID `json:"export"`
}

// Kind names the job.
func (Make) Kind() string { return "export.make" }

// Attempts is how often the job is tried, and Timeout how long one try may take.
const (
	Attempts = 3
	Timeout  = 30 * time.Minute
)

// actor keeps the books of exports. What is in a file is read as who asked for it.
var actor = op.SystemActor("exports")

// Kind is a sort of file.
type Kind struct {
	Name   string // activity, subject
	Ending string // csv, zip
	Type   string // media type
	Make   func(ctx context.Context, m *Making) error
}

// Making is a file being made.
type Making struct {
	*Export
	io.Writer // the file in plain; it is sealed on its way to the disk
	Door      *op.Door
	Rows      int64 // written so far

	ask      string
	progress func(done, total int64, note string)
}

// Asked reads what was asked.
func (m *Making) Asked(into any) error { return json.Unmarshal([]byte(m.ask), into) }

// As is who asked, with what they hold at this moment: asked for anew before every batch. It fails as soon as they may no longer
// have what is in the file.
func (m *Making) As(ctx context.Context) (*op.Caller, error) {
	return op.Ask(ctx, m.Door, actor, requester, m.ID)
}

// Wrote says how many rows there are by now, and how many there will be (0: nobody knows).
func (m *Making) Wrote(rows, of int64) {
	m.Rows = rows
	m.progress(rows, of, "Writing rows")
}

// Make does the job: it makes the file from its beginning, however often it is tried.
func (s *Shelf) Make(ctx context.Context, job *jobs.Job[Make]) error {
	err := s.make(ctx, job.Args.Export, job.Progress)
	switch {
	case err == nil:
		return nil
	case job.Cancelled():
		return errors.Join(err, s.give(job.Args.Export, Cancelled, ""))
	case errors.Is(err, errStopped), errors.Is(err, errs.ErrNotFound): // cancelled, forgotten or done: nobody waits for it
		return nil
	case ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded): // the process stops, and begins again
		return err
	}
	kind := errs.Of(err).Kind
	hopeless := kind != errs.Fault && kind != errs.Unavailable
	if !hopeless && job.Attempt < job.Attempts {
		return err
	}
	if ended := s.give(job.Args.Export, Failed, errs.Of(err).Code); ended != nil {
		return errors.Join(err, ended)
	}
	return jobs.Cancel(err)
}

// give ends an export without a file. It has its own deadline: the job's may have passed.
func (s *Shelf) give(exportID ID, state State, code string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := op.Keep(ctx, s.Door, actor, end, ending{exportID, state, code})
	return err
}

func (s *Shelf) make(ctx context.Context, exportID ID, progress func(done, total int64, note string)) error {
	if _, err := op.Keep(ctx, s.Door, actor, begin, exportID); err != nil {
		return err
	}
	t, err := op.Ask(ctx, s.Door, actor, task, exportID)
	if err != nil {
		return err
	}
	kind, known := s.kind(t.Kind)
	if !known {
		return fmt.Errorf("nobody makes exports of the kind %s", t.Kind)
	}
	m := &Making{Export: t.Export, Door: s.Door, ask: t.ask, progress: progress}
	if _, err := m.As(ctx); err != nil {
		return err
	}
	size, err := s.write(t.File, t.identity, func(w io.Writer) error {
		m.Writer = w
		return kind.Make(ctx, m)
	})
	if err != nil {
		return err
	}
	c, err := m.As(ctx)
	if err == nil {
		_, err = op.Do(ctx, s.Door, c, finish, finished{exportID, m.Rows, size})
	}
	if err != nil {
		return errors.Join(err, s.remove(t.File))
	}
	return nil
}

// begin notes that a file is being made, and gives it a key, once.
var begin = &op.Upkeep[ID, op.None]{
	Name: "export.begin", Summary: "Note that an export is being made",
	Do: func(tx *op.Tx, exportID ID) (op.None, error) {
		e, err := Table.Find(tx, string(exportID))
		if err != nil {
			return op.None{}, err
		}
		if !e.State.Going() {
			return op.None{}, errStopped
		}
		if e.KeyBox == "" {
			key, err := age.GenerateX25519Identity()
			if err != nil {
				return op.None{}, err
			}
			if e.KeyBox, err = tx.Seal(e.owner(), key.String()); err != nil {
				return op.None{}, err
			}
		}
		e.State = Running
		return op.None{}, Table.Update(tx, e)
	},
}

// tasked is what the job needs to know.
type tasked struct {
	*Export
	identity, ask string
}

// task reads what the job needs to know. It answers this package alone.
var task = &op.Query[ID, tasked]{
	Name: "export.task", Summary: "Read what an export is made from", Open: true,
	Do: func(v *op.View, exportID ID) (t tasked, err error) {
		if err := ours(v); err != nil {
			return t, err
		}
		if t.Export, err = find(v, exportID); err != nil {
			return t, err
		}
		if t.identity, err = v.Unseal(t.owner(), t.KeyBox); err == nil {
			t.ask, err = v.Unseal(t.Person, t.AskBox)
		}
		return t, err
	},
}

// ours lets in nobody but this package's own actor.
func ours(v *op.View) error {
	switch c := v.Caller(); {
	case c.Kind == op.Anonymous:
		return op.ErrSignIn
	case c != actor:
		return op.ErrForbidden
	}
	return nil
}

// requester is who asked for an export as they are now: active, with what they hold at this moment, and still allowed to have it.
// Their session may have ended since; their account may not.
var requester = &op.Query[ID, *op.Caller]{
	Name: "export.requester", Summary: "Read who asked for an export, and what they may do now", Open: true,
	Do: func(v *op.View, exportID ID) (*op.Caller, error) {
		if err := ours(v); err != nil {
			return nil, err
		}
		e, err := find(v, exportID)
		if err != nil {
			return nil, err
		}
		if !e.State.Going() {
			return nil, errStopped
		}
		c, err := e.caller(v)
		if err != nil {
			return nil, err
		}
		return c, e.allows(v, c, v.Now().UnixMilli())
	},
}

// caller is who asked.
func (e *Export) caller(v *op.View) (*op.Caller, error) {
	if e.Requester != e.Person {
		c, err := apikey.Acting(v, e.Requester, v.Now())
		if err == nil {
			c.Request = e.Job
		}
		return c, err
	}
	u, err := user.Find(v, user.ID(e.Person))
	if err != nil {
		return nil, err
	}
	return &op.Caller{
		Kind: op.Person, ID: string(u.ID), Person: string(u.ID), Home: u.Brand.Scope(), Grants: u.Holds, Session: e.Session, Request: e.Job,
	}, u.MayEnter()
}

// finished is how a file turned out.
type finished struct {
	Export ID    `json:"export"`
	Rows   int64 `json:"rows"`
	Bytes  int64 `json:"bytes"`
}

// finish says that the file is ready, with the number of rows that it really has. It is done by who asked.
var finish = &op.Action[finished, *Export, op.None]{
	Name: "export.finish", Summary: "Note that an export is ready, and how many rows it has", Allow: access.CustomersExport, Own: true,
	AllowFor: func(e *Export, _ finished) access.Permission { return e.first() },
	Target:   func(tx *op.Tx, in finished) (*Export, error) { return mine(tx, tx.Caller(), in.Export) },
	Do: func(tx *op.Tx, e *Export, in finished) (op.None, error) {
		if e.State != Running {
			return op.None{}, errStopped
		}
		if err := e.allows(tx, tx.Caller(), tx.Now().UnixMilli()); err != nil {
			return op.None{}, err
		}
		e.State, e.Rows, e.Bytes, e.AskBox = Ready, in.Rows, in.Bytes, ""
		e.ReadyAt, e.ExpiresAt = tx.Now().UnixMilli(), tx.Now().Add(Life).UnixMilli()
		note(tx.Note, e)
		tx.Note("rows", fmt.Sprint(in.Rows))
		return op.None{}, Table.Update(tx, e)
	},
}

// first is the permission that a key, which has nothing of its own, is asked for.
func (e *Export) first() access.Permission {
	for p := range e.Permissions().All {
		return p
	}
	return access.CustomersExport
}

// ending is how an export ended without a file.
type ending struct {
	Export ID     `json:"export"`
	State  State  `json:"state"`
	Code   string `json:"code"`
}

// end notes that an export ended without a file.
var end = &op.Upkeep[ending, op.None]{
	Name: "export.end", Summary: "Note that an export was not finished",
	Do: func(tx *op.Tx, in ending) (op.None, error) {
		e, err := Table.Find(tx, string(in.Export))
		if err != nil || !e.State.Going() {
			return op.None{}, err
		}
		return op.None{}, e.over(tx, in.State, in.Code)
	},
}
