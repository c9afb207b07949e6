package store

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// doubt is how a pool gets over a server that was started again: all of its connections are dead then, and each would tell the next
// who asks so. The first dead one that is met brings the others into doubt: whatever was idle since before is asked for a sign of
// life when it is next taken, and replaced when it gives none.
type doubt struct{ since atomic.Int64 } // nanoseconds of the clock; 0: never

// trusted is how long an idle connection is taken to be alive without being asked.
const trusted = time.Second

func (d *doubt) shouldPing(_ context.Context, p pgxpool.ShouldPingParams) bool {
	idleSince := time.Now().Add(-p.IdleDuration)
	return p.IdleDuration > trusted || idleSince.UnixNano() <= d.since.Load()
}

// overcome begins something, and begins it anew on another connection when the first was dead: nothing was asked of it yet that
// changes anything. More than once only for a connection that came back into the pool while the server went away.
func overcome[T any](ctx context.Context, d *doubt, begin func() (T, error)) (v T, err error) {
	for range 3 {
		if v, err = begin(); err == nil || !isDead(err) || ctx.Err() != nil {
			return v, err
		}
		d.since.Store(time.Now().UnixNano())
	}
	return v, err
}

// isDead says whether a connection that was open is no more. A server that takes no new ones is another matter: asking again at
// once would only double the load on it.
func isDead(err error) bool {
	var connect *pgconn.ConnectError
	return !errors.As(err, &connect) && !errors.Is(err, ErrClosed) && IsUnavailable(err) && !isShort(err)
}

// isShort says whether the server lives, and is short of something (disk, memory, connections).
func isShort(err error) bool {
	_, pg := codes(err)
	return pg != nil && !isLost(pg)
}

// peekedRows are those of a query whose first row was asked for already: only with the answer is it known that somebody was there.
type peekedRows struct {
	postgresRows
	peeked, more bool
}

func peek(rows postgresRows) (*peekedRows, error) {
	p := &peekedRows{postgresRows: rows, peeked: true, more: rows.Next()}
	if p.more {
		return p, nil
	}
	return p, rows.Err()
}

func (r *peekedRows) Next() bool {
	if r.peeked {
		r.peeked = false
		return r.more
	}
	return r.postgresRows.Next()
}
