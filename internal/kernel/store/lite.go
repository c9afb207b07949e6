package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
)

// lite is SQLite: one connection that writes, some that only read, and one that moves the write-ahead log into the database.
type lite struct {
	path                    string
	writer, readers, keeper *sql.DB
	restarted               time.Time // when the log was last forced to start over; only Begin touches it, holding the writer
	stop                    chan struct{}
	stopped                 sync.WaitGroup
}

// Through the DSN and not by Exec: a pool opens more connections later, and each must have them.
var (
	// secure_delete overwrites what is deleted, so that an erased person's bytes are gone from the file.
	writerPragmas = []string{
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "temp_store(2)", "secure_delete(1)",
		"wal_autocheckpoint(0)", "journal_size_limit(67108864)", "mmap_size(2147418112)",
	}
	// Small caches: with mmap the operating system holds the pages, once for all readers.
	readerPragmas = []string{
		"busy_timeout(5000)", "query_only(1)", "foreign_keys(1)", "temp_store(2)", "cache_size(-2048)", "mmap_size(2147418112)",
	}
	keeperPragmas = []string{"busy_timeout(0)", "query_only(1)", "synchronous(FULL)", "cache_size(-256)", "journal_size_limit(67108864)"}
)

func openLite(ctx context.Context, path string, o Options) (_ *lite, err error) {
	path, err = makeFile(path)
	if err != nil {
		return nil, err
	}
	l := &lite{path: path, stop: make(chan struct{})}
	cache := o.CacheKiB
	if cache == 0 {
		cache = 32 << 10
	}
	cache = min(max(cache, 16<<10), 64<<10)
	readers := o.Readers
	if readers == 0 {
		readers = max(4, 2*runtime.NumCPU())
	}
	writing := append([]string{fmt.Sprintf("cache_size(-%d)", cache)}, writerPragmas...)
	if l.writer, err = l.pool(1, "immediate", writing); err != nil {
		return nil, err
	}
	if err := l.writer.PingContext(ctx); err != nil { // first, and alone: it makes the database and turns WAL on
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), l.writer.Close())
	}
	if l.readers, err = l.pool(readers, "deferred", readerPragmas); err != nil {
		return nil, errors.Join(err, l.writer.Close())
	}
	if l.keeper, err = l.pool(1, "deferred", keeperPragmas); err != nil {
		return nil, errors.Join(err, l.readers.Close(), l.writer.Close())
	}
	l.stopped.Go(l.keepLog)
	return l, nil
}

// makeFile makes the file if it is not there, for its owner alone: SQLite would make it for everybody, and gives the mode of the
// database to the log beside it.
func makeFile(path string) (string, error) {
	if path == "" || strings.HasPrefix(path, ":memory:") {
		return "", errors.New("the URL must name a file, as in sqlite:/var/lib/steward/steward.db")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the folder %s does not exist: make it, owned by the user that runs Steward", filepath.Dir(path))
	}
	if err != nil {
		return "", err
	}
	return path, errors.Join(f.Chmod(0o600), f.Close())
}

func (l *lite) pool(size int, lock string, pragmas []string) (*sql.DB, error) {
	q := url.Values{"_pragma": pragmas, "_txlock": {lock}, "_time_format": {"sqlite"}, "_dqs": {"0"}}
	connector, err := sqlite.NewConnector((&url.URL{Scheme: "file", Path: l.path, RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(keepingConnector{connector})
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	if size > 1 {
		db.SetConnMaxIdleTime(time.Minute) // an idle process gives its caches back
	}
	return db, nil
}

func (l *lite) query(ctx context.Context, query string, args []any) (Rows, error) {
	rows, err := l.readers.QueryContext(ctx, query, args...) //nolint:sqlclosecheck // the caller closes it
	if err != nil {
		return nil, trouble(err, query)
	}
	return rows, nil
}

func (l *lite) snapshot(ctx context.Context) (session, error) {
	tx, err := l.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, trouble(err, "begin")
	}
	return &liteSession{tx: tx}, nil
}

// begin takes the writer, which can be given up on, and then a transaction that is deaf to its context: database/sql would roll
// it back under the hands of whoever uses it.
func (l *lite) begin(ctx context.Context) (session, error) {
	conn, err := l.writer.Conn(ctx)
	if err != nil {
		return nil, trouble(err, "begin")
	}
	deaf := context.WithoutCancel(ctx)
	l.boundLog(deaf, conn)
	tx, err := conn.BeginTx(deaf, nil)
	if err != nil {
		return nil, errors.Join(trouble(err, "begin"), conn.Close())
	}
	return &liteSession{tx: tx, conn: conn}, nil
}

func (l *lite) handles() Handles { return Handles{SQL: l.writer} }

func (l *lite) ping(ctx context.Context) error {
	var one int
	return trouble(l.readers.QueryRowContext(ctx, "select 1").Scan(&one), "select 1")
}

// optimize looks at a sample of each index: a full analyze would hold the one writer for as long as it reads everything.
func (l *lite) optimize(ctx context.Context) error {
	conn, err := l.writer.Conn(ctx)
	if err != nil {
		return trouble(err, "analyze")
	}
	for _, sql := range []string{"pragma analysis_limit = 1000", "analyze"} {
		if _, err := conn.ExecContext(context.WithoutCancel(ctx), sql); err != nil {
			return errors.Join(trouble(err, sql), conn.Close())
		}
	}
	return conn.Close()
}

// close leaves the writer for last: the last connection moves the log into the database and removes it.
func (l *lite) close() error {
	close(l.stop)
	l.stopped.Wait()
	err := errors.Join(l.keeper.Close(), l.readers.Close())
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for _, sql := range []string{"pragma analysis_limit = 400", "pragma optimize"} {
		if _, e := l.writer.ExecContext(ctx, sql); e != nil && ctx.Err() == nil {
			err = errors.Join(err, trouble(e, sql))
		}
	}
	return errors.Join(err, l.writer.Close())
}
