package store

import (
	"context"
	"errors"
)

// ErrOpenRows is the answer of a transaction or snapshot that is asked something while a query is still being read.
var ErrOpenRows = errors.New("store: the rows of the query before are still open: read them to the end or close them first")

// pool reads from whichever connection is free.
type pool struct {
	ctx context.Context
	db  *DB
}

func (p pool) Context() context.Context { return p.ctx }
func (p pool) Dialect() Dialect         { return p.db.dialect }

func (p pool) Query(sql string, args ...any) (Rows, error) {
	if p.db.closed.Load() {
		return nil, ErrClosed
	}
	if err := fit(args); err != nil {
		return nil, err
	}
	return p.db.engine.query(p.ctx, sql, args)
}

func (p pool) QueryRow(sql string, args ...any) Row {
	rows, err := p.Query(sql, args...)
	return firstRow{rows, err}
}

// talk is a conversation over one connection: a snapshot, or the reading half of a Tx. One question at a time.
type talk struct {
	ctx     context.Context
	dialect Dialect
	session session
	reading bool
	failed  error // the first error; PostgreSQL ignores everything after it, so SQLite does here
	ended   bool
}

func (t *talk) Context() context.Context { return t.ctx }
func (t *talk) Dialect() Dialect         { return t.dialect }

// ready says whether the next statement may go out.
func (t *talk) ready() error {
	switch {
	case t.ended:
		return ErrEnded
	case t.failed != nil:
		return &failedError{t.failed}
	case t.reading:
		return ErrOpenRows
	}
	return t.ctx.Err()
}

func (t *talk) Query(sql string, args ...any) (Rows, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	if err := fit(args); err != nil { // nothing was asked yet: the transaction can go on
		return nil, err
	}
	rows, err := t.session.query(t.ctx, sql, args)
	if err != nil {
		t.failed = err
		return nil, err
	}
	t.reading = true
	return &talkRows{rows, t}, nil
}

func (t *talk) QueryRow(sql string, args ...any) Row {
	rows, err := t.Query(sql, args...)
	return firstRow{rows, err}
}

// talkRows tell their talk when they are done, and when they failed.
type talkRows struct {
	Rows
	talk *talk
}

func (r *talkRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.done()
	return false
}

func (r *talkRows) Close() error {
	err := r.Rows.Close()
	r.done()
	return err
}

func (r *talkRows) done() {
	if r.talk == nil {
		return
	}
	r.talk.reading = false
	if err := r.Err(); err != nil && r.talk.failed == nil {
		r.talk.failed = err
	}
	r.talk = nil
}

// firstRow is the first row of a query, or why there is none.
type firstRow struct {
	rows Rows
	err  error
}

func (r firstRow) Scan(dest ...any) (err error) {
	if r.err != nil {
		return r.err
	}
	defer func() {
		if end := r.rows.Close(); err == nil {
			err = end
		}
	}()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return ErrNoRows
	}
	return r.rows.Scan(dest...)
}
