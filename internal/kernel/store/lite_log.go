package store

import (
	"context"
	"database/sql"
	"log/slog"
	"os"
	"time"
)

// The write-ahead log is moved into the database beside the writers, not by the unlucky commit that fills it: measured, the
// slowest hundredth of small writes is 38 times faster. It cannot start over while somebody reads an old state, so it has a bound.
const (
	logEvery = 500 * time.Millisecond
	logBound = 256 << 20
	logPause = 10 * time.Second // between two attempts to start over: a long export must not make every Begin wait
)

// keepLog moves the log whenever it has changed.
func (l *lite) keepLog() {
	tick := time.NewTicker(logEvery)
	defer tick.Stop()
	var size int64
	var changed time.Time
	for {
		select {
		case <-l.stop:
			return
		case <-tick.C:
		}
		info, err := os.Stat(l.path + "-wal")
		if err != nil || info.Size() == size && info.ModTime().Equal(changed) {
			continue
		}
		var busy, frames, moved int
		err = l.keeper.QueryRow("pragma wal_checkpoint(passive)").Scan(&busy, &frames, &moved)
		if err == nil && frames == moved { // else somebody still reads the old state: again at the next tick
			size, changed = info.Size(), info.ModTime()
		}
	}
}

// boundLog makes the log start over when it is too long. It holds the writer, between two transactions.
func (l *lite) boundLog(ctx context.Context, conn *sql.Conn) {
	info, err := os.Stat(l.path + "-wal")
	if err != nil || info.Size() < logBound || time.Since(l.restarted) < logPause {
		return
	}
	l.restarted = time.Now()
	var busy, frames, moved int
	_, err = conn.ExecContext(ctx, "pragma busy_timeout = 100")
	if err == nil {
		err = conn.QueryRowContext(ctx, "pragma wal_checkpoint(restart)").Scan(&busy, &frames, &moved)
	}
	_, _ = conn.ExecContext(ctx, "pragma busy_timeout = 5000")
	if err != nil || busy != 0 {
		slog.Warn("the write-ahead log is long and cannot start over, because something reads an old state", "bytes", info.Size(), "error", err)
	}
}

// scrubTries is how often the log is tried to be emptied, and logEvery/2 the pause between: long enough for every page, not for an
// export.
const scrubTries = 20

// scrub fills the gaps of the tables' pages, moves the log into the database and cuts it to nothing. It waits between its tries and
// not inside of one, so that nobody who writes waits for somebody who reads.
func (l *lite) scrub(ctx context.Context, tables []string) error {
	if err := l.fillGaps(ctx, tables); err != nil {
		return err
	}
	if _, err := l.writer.ExecContext(ctx, "pragma incremental_vacuum"); err != nil { // where the file was made with it
		return trouble(err, "incremental_vacuum")
	}
	for range scrubTries {
		var busy, frames, moved int
		err := l.keeper.QueryRowContext(ctx, "pragma wal_checkpoint(truncate)").Scan(&busy, &frames, &moved)
		if err == nil && busy == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(logEvery / 2):
		}
	}
	return ErrLogHeld
}
