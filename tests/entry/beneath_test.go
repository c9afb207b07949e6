package entry

import (
	"database/sql"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // tests write beneath the program, as somebody with the database would
	_ "modernc.org/sqlite"
)

// beneath writes the database of a world beneath the program.
func beneath(t *testing.T, h *house, statement string, args ...any) error {
	t.Helper()
	driver, url := "pgx", h.Config.Database
	if path, is := strings.CutPrefix(url, "sqlite:"); is {
		driver, url = "sqlite", path+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, url)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	_, err = db.Exec(statement, args...)
	return err
}
