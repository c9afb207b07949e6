package entry

import (
	"database/sql"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // tests write beneath the program, as somebody with the file would
)

// beneath writes the database of a world on SQLite beneath the program.
func beneath(t *testing.T, h *house, statement string, args ...any) error {
	t.Helper()
	db, err := sql.Open("sqlite", strings.TrimPrefix(h.Config.Database, "sqlite:")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	_, err = db.Exec(statement, args...)
	return err
}
