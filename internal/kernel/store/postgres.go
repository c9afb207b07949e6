package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgres is PostgreSQL: a pool that writes, and one whose connections are read-only by default, as SQLite's readers are.
type postgres struct {
	writers, readers *pgxpool.Pool
	doubt            doubt // about the connections of both: one server, one fate
}

// sessionDefaults are settings of every connection, unless the URL says otherwise.
var sessionDefaults = map[string]string{
	"application_name":                    "steward",
	"timezone":                            "UTC",
	"idle_in_transaction_session_timeout": "300000", // a transaction that was forgotten holds locks for ever
}

// readerDefaults are those of the connections that only read.
//
// pgx keeps prepared statements. After five runs the server may plan one without looking at its arguments, and then reads a
// table of millions where an index was at hand: so lists are planned each time, for about 20 µs. Writers keep their plans: they
// go by key, and import half as fast again.
var readerDefaults = map[string]string{
	"default_transaction_read_only": "on",
	"plan_cache_mode":               "force_custom_plan",
}

func openPostgres(ctx context.Context, o Options) (*postgres, error) {
	config, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return nil, err // says the URL without its password
	}
	settings := config.ConnConfig.RuntimeParams
	for name, value := range sessionDefaults {
		if settings[name] == "" {
			settings[name] = value
		}
	}
	if o.SearchPath != "" {
		if err := makeSchema(ctx, config.ConnConfig, o.SearchPath); err != nil {
			return nil, err
		}
		settings["search_path"] = pgx.Identifier{o.SearchPath}.Sanitize()
	}
	config.AfterConnect = func(_ context.Context, conn *pgx.Conn) error { teachBool(conn.TypeMap()); return nil }

	p := &postgres{}
	config.ShouldPing = p.doubt.shouldPing
	if p.writers, err = sizedPool(config, o.Writers, 8, nil); err != nil {
		return nil, err
	}
	if p.readers, err = sizedPool(config, o.Readers, 4, readerDefaults); err != nil {
		p.writers.Close()
		return nil, err
	}
	if err := p.ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%s:%d does not answer: %w", config.ConnConfig.Host, config.ConnConfig.Port, err), p.close())
	}
	return p, nil
}

func sizedPool(config *pgxpool.Config, size, least int, settings map[string]string) (*pgxpool.Pool, error) {
	config = config.Copy()
	if size == 0 {
		size = max(least, 2*runtime.NumCPU())
	}
	config.MaxConns = int32(size) //nolint:gosec // a count of connections
	maps.Copy(config.ConnConfig.RuntimeParams, settings)
	return pgxpool.NewWithConfig(context.Background(), config)
}

// makeSchema makes a schema unless it is there; two nodes may start at once.
func makeSchema(ctx context.Context, config *pgx.ConnConfig, name string) (err error) {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	var there bool
	if err := conn.QueryRow(ctx, "select exists (select from pg_namespace where nspname = $1)", name).Scan(&there); err != nil || there {
		return err
	}
	_, err = conn.Exec(ctx, "create schema if not exists "+pgx.Identifier{name}.Sanitize())
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (pg.Code == "23505" || pg.Code == "42P06") { // the other node was first
		return nil
	}
	return err
}

func (p *postgres) query(ctx context.Context, sql string, args []any) (Rows, error) {
	return overcome(ctx, &p.doubt, func() (Rows, error) {
		rows, err := p.readers.Query(ctx, sql, args...)
		if err != nil {
			return nil, trouble(err, sql)
		}
		peeked, err := peek(postgresRows{rows, sql})
		if err != nil {
			return nil, err
		}
		return peeked, nil
	})
}

func (p *postgres) snapshot(ctx context.Context) (session, error) {
	return p.transaction(ctx, p.readers, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
}

func (p *postgres) begin(ctx context.Context) (session, error) {
	return p.transaction(ctx, p.writers, pgx.TxOptions{})
}

func (p *postgres) transaction(ctx context.Context, in *pgxpool.Pool, o pgx.TxOptions) (session, error) {
	return overcome(ctx, &p.doubt, func() (session, error) {
		tx, err := in.BeginTx(ctx, o)
		if err != nil {
			return nil, trouble(err, "begin")
		}
		return &postgresSession{tx}, nil
	})
}

func (p *postgres) handles() Handles { return Handles{PG: p.writers} }

func (p *postgres) ping(ctx context.Context) error {
	_, err := overcome(ctx, &p.doubt, func() (struct{}, error) { return struct{}{}, trouble(p.readers.Ping(ctx), "ping") })
	return err
}

func (p *postgres) optimize(ctx context.Context) error {
	_, err := p.writers.Exec(ctx, "analyze")
	return trouble(err, "analyze")
}

// scrub also takes a new sample of each table for the planner: the one before keeps values as they were, in pg_stats, for everybody
// who may read the table. Of a table that has no rows left no sample is taken.
func (p *postgres) scrub(ctx context.Context, tables []string) error {
	for _, t := range tables {
		if _, err := p.writers.Exec(ctx, "vacuum (analyze) "+pgx.Identifier{t}.Sanitize()); err != nil {
			return trouble(err, "vacuum "+t)
		}
	}
	return nil
}

func (p *postgres) close() error {
	p.readers.Close()
	p.writers.Close()
	return nil
}
