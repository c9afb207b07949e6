package schema

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/schema"
	"github.com/stewardhq/steward/tests/dump"
)

// ofPersons are the columns by which a row is some person's.
var ofPersons = []string{"user_id", "user_num", "person", "owner_id", "principal", "subject", "subject_id", "requested_by", "requester", "who"}

// notOfPersons are tables with such a column that hold nothing of a person, each with the reason.
var notOfPersons = map[string]string{}

// TestEveryTableThatKnowsPersonsSaysWhatBecomesOfIt: whoever adds a table that keeps something of a person decides what an archive and
// an erasure do to it, in privacy.Holdings.
func TestEveryTableThatKnowsPersonsSaysWhatBecomesOfIt(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		tables := tablesOf(t, db)
		for _, is := range tables {
			held := slices.ContainsFunc(privacy.Holdings, func(h privacy.Holding) bool { return h.Table == is.Name })
			for _, column := range ofPersons {
				if is.Column(column) != nil && !held && notOfPersons[is.Name] == "" {
					t.Errorf("%s.%s names a person, and privacy.Holdings does not say what an archive and an erasure do to it", is.Name, column)
				}
			}
			for _, c := range is.Columns {
				if strings.HasSuffix(c.Name, "_box") && !held {
					t.Errorf("%s.%s is sealed, and privacy.Holdings does not say what becomes of it", is.Name, c.Name)
				}
			}
		}
		for _, h := range privacy.Holdings {
			at := slices.IndexFunc(tables, func(is dump.Table) bool { return is.Name == h.Table })
			if at < 0 || tables[at].Column(h.Column) == nil {
				t.Errorf("privacy.Holdings names %s.%s, which is not there", h.Table, h.Column)
			}
			if h.Keeps == "" {
				t.Errorf("privacy.Holdings does not say what %s keeps", h.Table)
			}
		}
	})
}

// TestTheDocumentOfPrivacySaysWhatTheListSays compares the table in docs/privacy.md with privacy.Holdings.
func TestTheDocumentOfPrivacySaysWhatTheListSays(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/privacy.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range privacy.Holdings {
		if line := h.Row(); !strings.Contains(string(page), line) {
			t.Errorf("docs/privacy.md lacks the line\n%s", line)
		}
	}
}
