package store_test

import (
	"bytes"
	"database/sql"
	"slices"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/store"
)

func people(t *testing.T, db *store.DB, names ...string) {
	t.Helper()
	write(t, db, func(tx *store.Tx) error {
		rows := make([][]any, len(names))
		for i, name := range names {
			rows[i] = []any{i + 1, name, i * 10}
		}
		_, err := tx.ExecMany("insert into people (num, brand, email, spend) values ($1, 1, $2, $3)", rows)
		return err
	})
}

func texts(t *testing.T, r store.Reader, sql string, args ...any) string {
	t.Helper()
	all, err := store.All(r, store.Value[string], sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

func TestFragmentsMeanTheSame(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		people(t, db, "ada", "Zoe", "kim", "Émile", "eve")
		r, d := db.Read(t.Context()), db.Dialect()
		number := func(sql string, args ...any) int {
			n, err := store.Value[int](r.QueryRow(sql, args...))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		mustBe(t, "Greatest", number("select "+d.Greatest("max(spend)", "35")+" from people"), 40)
		mustBe(t, "Least", number("select "+d.Least("max(spend)", "35")+" from people"), 35)
		mustBe(t, "NotIndexed", number("select count(*) from people"+d.NotIndexed()+" where spend >= $1", 20), 3)
		mustBe(t, "In", texts(t, r, "select email from people where brand = $1 and "+d.In("num", 2, 2)+" order by num", 1, 1, 3), "ada kim")
		mustBe(t, "In of nothing", texts(t, r, "select email from people where "+d.In("num", 1, 0)), "")
		mustBe(t, "Collate", texts(t, r, "select email from people order by email || ''"+d.Collate()), "Zoe ada eve kim Émile")
		mustBe(t, "a column of {{.Text}} sorts by bytes", texts(t, r, "select email from people order by email"), "Zoe ada eve kim Émile")
		write(t, db, func(tx *store.Tx) error {
			mustBe(t, "ForUpdate", texts(t, tx, "select email from people where num = $1"+d.ForUpdate(), 1), "ada")
			return nil
		})
	})
}

func TestKeysetPagesMeetEveryRowOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		people(t, db, "a", "b", "c", "d", "e", "f", "g")
		exec(t, db, "update people set spend = 7 where num between 2 and 5")
		var seen []string
		spend, num := int64(1<<62), int64(1<<62)
		for {
			n := len(seen)
			rows, err := db.Read(t.Context()).Query("select email, spend, num from people where (spend, num) < ($1, $2) order by spend desc, num desc limit 2", spend, num)
			if err != nil {
				t.Fatal(err)
			}
			for rows.Next() {
				var email string
				if err := rows.Scan(&email, &spend, &num); err != nil {
					t.Fatal(err)
				}
				seen = append(seen, email)
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			if len(seen) == n {
				break
			}
		}
		mustBe(t, "pages", strings.Join(seen, " "), "g f e d c b a")
	})
}

func TestPlaceholdersMayRepeatAndComeInAnyOrder(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		got, err := store.Value[string](db.Read(t.Context()).QueryRow("select cast($2 as text) || cast($1 as text) || cast($2 as text)", "a", "b"))
		if err != nil || got != "bab" {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

type (
	amount int64
	label  string
)

func TestGoTypesGoInAndComeOut(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		yes, no, name, nobody := true, false, label("Ada"), (*string)(nil)
		const insert = "insert into people (num, brand, email, name, active, spend, picture) values ($1, $2, $3, $4, $5, $6, $7)"
		write(t, db, func(tx *store.Tx) error {
			_, err := tx.ExecMany(insert, [][]any{
				{1, int32(1), label("ada"), &name, yes, amount(1 << 53), []byte{0, 255}},
				{int64(2), uint8(1), "kim", nobody, no, 0, nil},
				{uint32(3), 1, "eve", sql.NullString{}, &yes, sql.NullInt64{Int64: 5, Valid: true}, []byte{}},
			})
			return err
		})
		r := db.Read(t.Context())
		const one = "select num, email, name, active, active, spend, spend, picture from people where num = $1"
		var (
			num     int
			email   label
			full    *string
			active  bool
			maybe   *bool
			spend   amount
			null    sql.NullInt64
			picture []byte
		)
		scan := func(n int) {
			t.Helper()
			full, maybe, picture = nil, nil, nil
			if err := r.QueryRow(one, n).Scan(&num, &email, &full, &active, &maybe, &spend, &null, &picture); err != nil {
				t.Fatal(err)
			}
		}
		scan(1)
		if num != 1 || email != "ada" || *full != "Ada" || !active || !*maybe || spend != 1<<53 || !null.Valid || !bytes.Equal(picture, []byte{0, 255}) {
			t.Error("the first row changed:", num, email, *full, active, *maybe, spend, null, picture)
		}
		scan(2)
		if full != nil || active || *maybe || spend != 0 || null.Int64 != 0 || len(picture) != 0 {
			t.Error("the second row changed:", full, active, *maybe, spend, null, picture)
		}
		scan(3)
		if !active || spend != 5 || len(picture) != 0 {
			t.Error("the third row changed:", active, spend, picture)
		}
		mustBe(t, "an empty blob is not null", count(t, r, "people where picture is not null"), 2)
		mustBe(t, "a bool as a condition", texts(t, r, "select email from people where active = $1", false), "kim")
		if _, err := store.Value[bool](r.QueryRow("select name from people where num = 2")); err == nil {
			t.Error("a null came out as a bool")
		}
		_, err := store.Value[int](r.QueryRow("select num from people where num = 99"))
		mustFail(t, err, store.ErrNoRows)
		anything, err := store.Value[any](r.QueryRow("select spend from people where num = 3"))
		if err != nil || anything != any(int64(5)) {
			t.Errorf("any: %T %v, %v", anything, anything, err)
		}
	})
}

func TestReturningAndUpsertAreOneText(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ada(t, db)
		write(t, db, func(tx *store.Tx) error {
			const upsert = `insert into people (num, brand, email, spend) values ($1, 1, $2, $3)
				on conflict (brand, email) do update set spend = people.spend + excluded.spend returning num, spend`
			var got []int
			for _, args := range [][]any{{7, "ada@example.com", 5}, {8, "kim@example.com", 6}} {
				var num, spend int
				if err := tx.QueryRow(upsert, args...).Scan(&num, &spend); err != nil {
					return err
				}
				got = append(got, num, spend)
			}
			if !slices.Equal(got, []int{1, 5, 8, 6}) {
				t.Error(got)
			}
			return nil
		})
	})
}
