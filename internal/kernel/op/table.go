package op

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Class says how writes to a table are accounted for.
type Class string

// The classes of tables.
const (
	ClassAudited Class = "audited" // every change is diffed into the event of its operation
	ClassFact    Class = "fact"    // rows are counted on the event: orders and other facts that arrive in batches
	ClassUpkeep  Class = "upkeep"  // bookkeeping that nobody audits: last seen, rate counters, delivery marks
	ClassDerived Class = "derived" // follows from other tables, and can be rebuilt from them
)

// Table is a declared table of rows R, a struct whose fields carry the column's name and how the audit log treats it:
//
//	ID       ID     `db:"id,key"`                    // part of the primary key
//	Version  int64  `db:"version,version"`           // counted up by every audited change; the ETag
//	Status   Status `db:"status"  audit:"plain"`     // stands in the log as it is
//	Email    string `db:"email"   audit:"person"`    // sealed with the key of the row's person
//	Password string `db:"hash"    audit:"secret"`    // the log says that it changed, not to what
//	LastSeen int64  `db:"last_seen" audit:"upkeep"`  // bookkeeping: not audited, and all that an Upkeep may write here
//	NameSort string `db:"name_sort" audit:"derived"` // follows from other columns
type Table[R any] struct {
	TableInfo
	selectList string
	keyWhere   string
}

// TableInfo describes a declared table, for tests that compare it with the database.
type TableInfo struct {
	Name    string
	Class   Class
	Columns []Column
	keys    []int
}

// Column is one column of a declared table.
type Column struct {
	Name    string
	Audit   string // plain, person, secret, upkeep, derived; empty for keys and in tables that are not audited
	Key     bool
	Version bool
	index   int
}

var declared []TableInfo

// Tables lists every declared table of the program.
func Tables() []TableInfo { return declared }

// Audited declares a table whose every change is recorded. *R must name its Subject.
func Audited[R any](name string) *Table[R] {
	if _, ok := any(new(R)).(subjected); !ok {
		panic("op: rows of " + name + " must have a method Subject() op.Subject")
	}
	return declare[R](name, ClassAudited)
}

// Facts declares a table of facts that arrive in batches; an operation's event carries the number of rows written.
func Facts[R any](name string) *Table[R] { return declare[R](name, ClassFact) }

// Bookkeeping declares a table that nobody audits.
func Bookkeeping[R any](name string) *Table[R] { return declare[R](name, ClassUpkeep) }

// Derived declares a table that follows from others.
func Derived[R any](name string) *Table[R] { return declare[R](name, ClassDerived) }

type subjected interface{ Subject() Subject }

func declare[R any](name string, class Class) *Table[R] {
	t := &Table[R]{TableInfo: TableInfo{Name: name, Class: class}}
	typ := reflect.TypeFor[R]()
	for i := range typ.NumField() {
		tag, ok := typ.Field(i).Tag.Lookup("db")
		if !ok {
			continue
		}
		parts := strings.Split(tag, ",")
		c := Column{Name: parts[0], Audit: typ.Field(i).Tag.Get("audit"), index: i}
		for _, p := range parts[1:] {
			c.Key = c.Key || p == "key"
			c.Version = c.Version || p == "version"
		}
		switch c.Audit {
		case "plain", "person", "secret", "upkeep", "derived":
		case "":
			if class == ClassAudited && !c.Key && !c.Version {
				panic(fmt.Sprintf("op: column %s.%s has no audit tag: plain, person, secret, upkeep or derived", name, c.Name))
			}
		default:
			panic(fmt.Sprintf("op: column %s.%s has the unknown audit tag %q", name, c.Name, c.Audit))
		}
		if c.Key {
			t.keys = append(t.keys, len(t.Columns))
		}
		t.Columns = append(t.Columns, c)
	}
	if len(t.keys) == 0 {
		panic("op: table " + name + " declares no key")
	}
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	t.selectList = strings.Join(names, ", ")
	t.keyWhere = t.whereKeys(1)
	declared = append(declared, t.TableInfo)
	return t
}

// whereKeys is the condition on the primary key, with placeholders from $n on.
func (t *Table[R]) whereKeys(n int) string {
	conds := make([]string, len(t.keys))
	for i, k := range t.keys {
		conds[i] = t.Columns[k].Name + " = $" + strconv.Itoa(n+i)
	}
	return "where " + strings.Join(conds, " and ")
}

// Select is the list of all columns, for queries that join: each with the alias before it.
func (t *Table[R]) Select(alias string) string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = alias + "." + c.Name
	}
	return strings.Join(names, ", ")
}

// Scan reads a row selected with Select.
func (t *Table[R]) Scan(row store.Row) (R, error) {
	var r R
	err := row.Scan(t.Dest(&r)...)
	return r, err
}

// Dest is where the columns of Select are scanned to, for queries that select more beside them.
func (t *Table[R]) Dest(r *R) []any {
	v := reflect.ValueOf(r).Elem()
	dest := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		dest[i] = v.Field(c.index).Addr().Interface()
	}
	return dest
}

// Find reads the row with this key; errs.ErrNotFound when there is none. In a write transaction it is read for update.
func (t *Table[R]) Find(r store.Reader, key ...any) (*R, error) {
	return t.One(r, t.keyWhere, key...)
}

// One reads the one row that the tail ("where …") finds; errs.ErrNotFound when there is none.
func (t *Table[R]) One(r store.Reader, tail string, args ...any) (*R, error) {
	lock := ""
	if _, ok := r.(*Tx); ok {
		lock = r.Dialect().ForUpdate()
	}
	row, err := t.Scan(r.QueryRow("select "+t.selectList+" from "+t.Name+" "+tail+lock, args...))
	if errors.Is(err, store.ErrNoRows) {
		return nil, errs.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", t.Name, err)
	}
	return &row, nil
}

// All reads every row that the tail finds.
func (t *Table[R]) All(r store.Reader, tail string, args ...any) ([]R, error) {
	return store.All(r, t.Scan, "select "+t.selectList+" from "+t.Name+" "+tail, args...)
}

// Insert writes a new row.
func (t *Table[R]) Insert(tx *Tx, row *R) error {
	if err := tx.mayWrite(t.TableInfo, nil); err != nil {
		return err
	}
	v := reflect.ValueOf(row).Elem()
	args := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		if c.Version && v.Field(c.index).Int() == 0 {
			v.Field(c.index).SetInt(1)
		}
		args[i] = bind(v.Field(c.index))
	}
	if _, err := tx.exec(t.insertSQL(1), args...); err != nil {
		return fmt.Errorf("insert into %s: %w", t.Name, err)
	}
	return tx.record(t.TableInfo, row, reflect.Value{}, v)
}

func (t *Table[R]) insertSQL(rows int) string {
	marks, all := make([]string, len(t.Columns)), make([]string, rows)
	for row := range all {
		for i := range marks {
			marks[i] = "$" + strconv.Itoa(row*len(marks)+i+1)
		}
		all[row] = "(" + strings.Join(marks, ", ") + ")"
	}
	return "insert into " + t.Name + " (" + t.selectList + ") values " + strings.Join(all, ", ")
}

// Put writes rows of a fact, derived or bookkeeping table, replacing those with the same key, with one prepared statement.
func (t *Table[R]) Put(tx *Tx, rows ...R) error {
	return t.put(tx, rows, func(args [][]any) error {
		_, err := tx.tx.ExecMany(t.putSQL(1), args)
		return err
	})
}

// togetherRows is how many rows one statement of PutTogether has.
const togetherRows = 250

// PutTogether is Put with many rows to a statement, for tables with a full-text index: SQLite writes out what it has gathered of
// that index after each statement. No key may come twice.
func (t *Table[R]) PutTogether(tx *Tx, rows ...R) error {
	if tx.Dialect() != store.SQLite {
		return t.Put(tx, rows...)
	}
	return t.put(tx, rows, func(args [][]any) error {
		for some := range slices.Chunk(args, togetherRows) {
			if _, err := tx.exec(t.putSQL(len(some)), slices.Concat(some...)...); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *Table[R]) put(tx *Tx, rows []R, write func(args [][]any) error) error {
	if len(rows) == 0 {
		return nil
	}
	if t.Class == ClassAudited {
		return fmt.Errorf("put into %s: rows of an audited table are inserted or updated one by one", t.Name)
	}
	if err := tx.mayWrite(t.TableInfo, nil); err != nil {
		return err
	}
	args := make([][]any, len(rows))
	for i := range rows {
		v := reflect.ValueOf(&rows[i]).Elem()
		args[i] = make([]any, len(t.Columns))
		for j, c := range t.Columns {
			args[i][j] = bind(v.Field(c.index))
		}
	}
	if err := write(args); err != nil {
		return fmt.Errorf("put into %s: %w", t.Name, err)
	}
	tx.wrote(t.TableInfo, int64(len(rows)))
	return nil
}

// putSQL writes so many rows.
func (t *Table[R]) putSQL(rows int) string {
	var keys, sets []string
	for _, c := range t.Columns {
		if c.Key {
			keys = append(keys, c.Name)
		} else {
			sets = append(sets, c.Name+" = excluded."+c.Name)
		}
	}
	conflict := " do nothing"
	if len(sets) > 0 {
		conflict = " do update set " + strings.Join(sets, ", ")
	}
	return t.insertSQL(rows) + " on conflict (" + strings.Join(keys, ", ") + ")" + conflict
}

// Update writes what differs from the stored row, found by its key. Nothing differs: nothing is written or recorded.
func (t *Table[R]) Update(tx *Tx, row *R) error {
	after := reflect.ValueOf(row).Elem()
	stored, err := t.Find(tx, t.keyOf(after)...)
	if err != nil {
		return err
	}
	before := reflect.ValueOf(stored).Elem()
	changed, audited := t.changed(before, after)
	if len(changed) == 0 {
		return nil
	}
	if err := tx.mayWrite(t.TableInfo, changed); err != nil {
		return err
	}
	if audited {
		for _, c := range t.Columns {
			if c.Version {
				after.Field(c.index).SetInt(before.Field(c.index).Int() + 1)
				changed = append(changed, c)
			}
		}
	}
	sets := make([]string, len(changed))
	args := make([]any, len(changed))
	for i, c := range changed {
		sets[i] = c.Name + " = $" + strconv.Itoa(i+1)
		args[i] = bind(after.Field(c.index))
	}
	sql := "update " + t.Name + " set " + strings.Join(sets, ", ") + " " + t.whereKeys(len(args)+1)
	if _, err := tx.exec(sql, append(args, t.keyOf(after)...)...); err != nil {
		return fmt.Errorf("update %s: %w", t.Name, err)
	}
	return tx.record(t.TableInfo, row, before, after)
}

// Delete removes the row with this row's key.
func (t *Table[R]) Delete(tx *Tx, row *R) error {
	if err := tx.mayWrite(t.TableInfo, nil); err != nil {
		return err
	}
	v := reflect.ValueOf(row).Elem()
	n, err := tx.exec("delete from "+t.Name+" "+t.keyWhere, t.keyOf(v)...)
	if err != nil {
		return fmt.Errorf("delete from %s: %w", t.Name, err)
	}
	if n == 0 {
		return errs.ErrNotFound
	}
	return tx.record(t.TableInfo, row, v, reflect.Value{})
}

// Clear removes the rows of a derived or bookkeeping table that the tail ("where …") finds, and says how many.
func (t *Table[R]) Clear(tx *Tx, tail string, args ...any) (int64, error) {
	if t.Class == ClassAudited || t.Class == ClassFact {
		return 0, fmt.Errorf("clear %s: rows of this table are deleted one by one", t.Name)
	}
	if err := tx.mayWrite(t.TableInfo, nil); err != nil {
		return 0, err
	}
	return tx.exec("delete from "+t.Name+" "+tail, args...)
}

func (t *Table[R]) keyOf(v reflect.Value) []any {
	key := make([]any, len(t.keys))
	for i, k := range t.keys {
		key[i] = bind(v.Field(t.Columns[k].index))
	}
	return key
}

// changed gives the columns that differ, the version's own left out, and whether any of them is audited.
func (t *Table[R]) changed(before, after reflect.Value) (cols []Column, audited bool) {
	for _, c := range t.Columns {
		if c.Version || reflect.DeepEqual(before.Field(c.index).Interface(), after.Field(c.index).Interface()) {
			continue
		}
		cols = append(cols, c)
		audited = audited || c.Audit == "plain" || c.Audit == "person" || c.Audit == "secret"
	}
	return cols, audited
}

// bind turns a field into what both drivers take: named strings, integers and booleans become their plain kinds.
func bind(v reflect.Value) any {
	if _, ok := v.Interface().(driver.Valuer); ok {
		return v.Interface()
	}
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int()
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return int64(v.Uint())
	case reflect.Bool:
		if v.Bool() {
			return int64(1)
		}
		return int64(0)
	}
	return v.Interface()
}
