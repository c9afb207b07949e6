// Package schema compares what the program declares with what the databases have, on both of them.
package schema

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	_ "github.com/stewardhq/steward/internal/app" // declares every table of the program
	_ "github.com/stewardhq/steward/internal/commerce/importing"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
	"github.com/stewardhq/steward/internal/schema"
	"github.com/stewardhq/steward/tests/dump"
)

// undeclared tables are written by the kernel itself, beneath the declared ones.
var undeclared = map[string]string{
	"audit_events":   "the log writes itself",
	"audit_subjects": "the log writes itself",
	"audit_heads":    "the log writes itself",
	"counters":       "op.Tx.Next hands the numbers out",
	"job_runs":       "the queue keeps what people see of their jobs",
	"job_nodes":      "the queue keeps who is at work",
	"job_slots":      "the queue keeps when a periodic job was due",
}

// tenantless tables neither lead with a brand nor hang on a row that does, each with the reason.
var tenantless = map[string]string{
	"brands":           "a brand is the tenant",
	"counters":         "the name holds the brand",
	"audit_heads":      "a chain is a brand's, or the platform's",
	"audit_events":     "a chain is a brand's, or the platform's",
	"audit_subjects":   "a chain is a brand's, or the platform's",
	"held_roles":       "the scope is a path that begins with the brand",
	"settings":         "the scope is a path that begins with the brand",
	"job_runs":         "the scope is a path that begins with the brand",
	"job_nodes":        "processes belong to the installation",
	"job_slots":        "the timetable belongs to the installation",
	"staff_emails":     "an address of staff is unique in the whole installation; the row hangs on a user",
	"step_ups":         "hangs on the person who asked",
	"idempotency_keys": "hangs on the caller who asked",
	"credentials":      "hangs on a user",
	"links":            "hangs on a user; the one for setting up belongs to the installation",
	"sessions":         "hangs on a user",
	"sign_ins":         "hangs on a user",
	"hidden_persons":   "hangs on a user",
	"mentions":         "hangs on a user",
	"erasure_clock":    "the eraser's clock belongs to the installation",
	"ceremonies":       "hangs on a user",
	"code_failures":    "hangs on a user, or on a keyed hash of an address that nobody has",
	"known_devices":    "hangs on a user",
	"old_passwords":    "hangs on a user",
	"passkeys":         "hangs on a user",
	"address_changes":  "hangs on a user",
	"address_reverts":  "hangs on a user",
	"consents":         "hangs on a user",
	"sign_in_alarms":   "tells about the whole installation",
	"recovery_codes":   "hangs on a user",
	"sign_in_codes":    "hangs on a user, or on a keyed hash of an address that nobody has",
	"sign_ups":         "hangs on a user",
	"tickets":          "hangs on a user",
	"totp_offers":      "hangs on a user",
	"totps":            "hangs on a user",
}

// leads are the columns by which a row belongs to a brand: its id, its number, or a number whose upper bits are the brand's.
var leads = []string{"brand_id", "brand_num", "num", "user_num", "order_num"}

func TestWhatIsDeclaredIsWhatTheDatabaseHas(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		tables := tablesOf(t, db)
		inDatabase := map[string]*dump.Table{}
		for i := range tables {
			inDatabase[tables[i].Name] = &tables[i]
		}
		declaredColumns := map[string]map[string]bool{}
		for _, d := range op.Tables() {
			is := inDatabase[d.Name]
			if is == nil {
				t.Errorf("the program declares the table %s, and the database has none: add it to a file of internal/schema", d.Name)
				continue
			}
			if declaredColumns[d.Name] == nil {
				declaredColumns[d.Name] = map[string]bool{}
			}
			key := 0
			for _, c := range d.Columns {
				declaredColumns[d.Name][c.Name] = true
				if is.Column(c.Name) == nil {
					t.Errorf("the program declares %s.%s, and the database has no such column", d.Name, c.Name)
				}
				if c.Key {
					key++
				}
			}
			if key == 0 {
				t.Errorf("%s is declared without a key", d.Name)
			}
		}
		for _, is := range tables {
			declared := declaredColumns[is.Name]
			if declared == nil {
				if undeclared[is.Name] == "" {
					t.Errorf("the database has the table %s, and no package declares it with op.Audited, op.Facts, op.Bookkeeping or op.Derived", is.Name)
				}
				continue
			}
			for _, c := range is.Columns {
				if !declared[c.Name] {
					t.Errorf("the database has the column %s.%s, and no declaration of the table names it", is.Name, c.Name)
				}
			}
		}
		for name := range undeclared {
			if inDatabase[name] == nil {
				t.Errorf("%s stands among the undeclared tables and is not there: take it out", name)
			}
		}
	})
}

func TestBothDatabasesHaveTheSameTables(t *testing.T) {
	t.Parallel()
	shape := func(engine store.Dialect) (lines []string) {
		for _, table := range tablesOf(t, storetest.New(t, engine, schema.FS)) {
			for _, c := range table.Columns {
				lines = append(lines, fmt.Sprintf("%s.%s %s", table.Name, c.Name, kind(c.Type)))
			}
		}
		slices.Sort(lines)
		return lines
	}
	lite, pg := shape(store.SQLite), shape(store.PostgreSQL)
	for _, line := range lite {
		if !slices.Contains(pg, line) {
			t.Errorf("only SQLite has %s", line)
		}
	}
	for _, line := range pg {
		if !slices.Contains(lite, line) {
			t.Errorf("only PostgreSQL has %s", line)
		}
	}
}

// kind is a column's type in one word for both databases.
func kind(typ string) string {
	switch typ {
	case "integer", "int", "bigint":
		return "number"
	case "bytea", "blob":
		return "bytes"
	}
	return typ
}

// Money, times and counts are whole numbers, and nothing is absent: a float or a null would be a second way to say the same.
func TestColumnsAreWholeNumbersTextOrBytesAndNeverNull(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		for _, table := range tablesOf(t, db) {
			for _, c := range table.Columns {
				if k := kind(c.Type); k != "number" && k != "text" && k != "bytes" {
					t.Errorf("%s.%s is of type %s: use a whole number, text or bytes", table.Name, c.Name, c.Type)
				}
				if !c.NotNull && !(c.Key && db.Dialect() == store.SQLite) {
					t.Errorf("%s.%s may be null: give it a value that means nothing, such as '' or 0", table.Name, c.Name)
				}
			}
		}
	})
}

func TestEveryColumnOfAnAuditedTableSaysHowItIsAudited(t *testing.T) {
	t.Parallel()
	seen := false
	for _, d := range op.Tables() {
		if d.Class != op.ClassAudited {
			continue
		}
		seen = true
		audited := false
		for _, c := range d.Columns {
			switch {
			case c.Key, c.Version:
			case c.Audit == "":
				t.Errorf("%s.%s has no audit tag: plain, person, secret, upkeep or derived", d.Name, c.Name)
			default:
				audited = audited || c.Audit == "plain" || c.Audit == "person" || c.Audit == "secret"
			}
			if secretName(c.Name) && c.Audit != "secret" && c.Audit != "upkeep" {
				t.Errorf("%s.%s holds a hash by its name and is audited as %q: a secret's value never stands in the log", d.Name, c.Name, c.Audit)
			}
			if personal(c.Name) && c.Audit == "plain" {
				t.Errorf("%s.%s is personal by its name and stands in the log as it is: seal it with audit:\"person\"", d.Name, c.Name)
			}
		}
		if !audited {
			t.Errorf("%s is declared audited, and no column of it is ever recorded", d.Name)
		}
	}
	if !seen {
		t.Fatal("no table is declared audited: the test looks in the wrong place")
	}
}

func secretName(column string) bool { return strings.HasSuffix(column, "_hash") }

// personal are the words by which a column tells about a person.
func personal(column string) bool {
	for _, word := range []string{"first_name", "last_name", "email", "phone", "born", "address", "country", "ip"} {
		if column == word {
			return true
		}
	}
	return false
}

func TestEveryTableOfATenantLeadsWithItsBrand(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		tables := tablesOf(t, db)
		for _, table := range tables {
			belongs := slices.ContainsFunc(leads, func(c string) bool { return table.Column(c) != nil })
			reason := tenantless[table.Name]
			if !belongs && reason == "" {
				t.Errorf("%s has none of the columns %s, so nobody knows whose its rows are. Lead it with its brand, or give the reason in tests/schema.",
					table.Name, strings.Join(leads, ", "))
			}
		}
		for name := range tenantless {
			if !slices.ContainsFunc(tables, func(t dump.Table) bool { return t.Name == name }) {
				t.Errorf("%s stands among the tables without a tenant and is not there: take it out", name)
			}
		}
	})
}

// What a list walks, it walks within one brand: an index that begins with a time or a name would walk through everybody's.
func TestIndexesOfListsLeadWithTheBrand(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		for _, table := range []string{"users", "people", "orders", "refunds", "locations", "customers"} {
			for _, index := range indexesOf(t, db, table) {
				first := index.columns[0]
				if slices.Contains(leads, first) || first == "id" || first == "user_id" || reasonForIndex[index.name] != "" {
					continue
				}
				t.Errorf("the index %s of %s begins with %s, so a list along it walks through every brand. Lead it with the brand, or give the reason in tests/schema.", index.name, table, first)
			}
		}
	})
}

// reasonForIndex says why an index does not lead with the brand.
var reasonForIndex = map[string]string{
	"users_by_status_until": "suspensions that end by themselves are looked for in every brand",
	"people_by_tier_until":  "the daily roll of tiers goes through every brand",
}

type index struct {
	name    string
	columns []string
}

func indexesOf(t *testing.T, db *store.DB, table string) []index {
	t.Helper()
	sql := `select l.name, i.name from pragma_index_list($1) l join pragma_index_info(l.name) i where i.name is not null order by l.name, i.seqno`
	if db.Dialect() == store.PostgreSQL {
		sql = `select i.relname, a.attname from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
			join lateral unnest(x.indkey) with ordinality k(num, at) on true join pg_attribute a on a.attrelid = t.oid and a.attnum = k.num
			where t.relname = $1 order by i.relname, k.at`
	}
	lines, err := store.All(db.Read(t.Context()), func(row store.Row) (l [2]string, err error) { return l, row.Scan(&l[0], &l[1]) }, sql, table)
	if err != nil {
		t.Fatal(err)
	}
	var all []index
	for _, l := range lines {
		if len(all) == 0 || all[len(all)-1].name != l[0] {
			all = append(all, index{name: l[0]})
		}
		all[len(all)-1].columns = append(all[len(all)-1].columns, l[1])
	}
	if len(all) == 0 {
		t.Fatalf("%s has no index: the test looks in the wrong place", table)
	}
	return all
}

func tablesOf(t *testing.T, db *store.DB) []dump.Table {
	t.Helper()
	tables, err := dump.Tables(db.Read(context.Background()))
	if err != nil {
		t.Fatal(err)
	}
	if len(tables) < 10 {
		t.Fatalf("the database has only %d tables: the test looks in the wrong place", len(tables))
	}
	slices.SortFunc(tables, func(a, b dump.Table) int { return cmp.Compare(a.Name, b.Name) })
	return tables
}
