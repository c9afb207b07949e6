package subject

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/export"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/user"
)

// source is where the rows of a section come from.
type source struct {
	columns []column
	// next reads a batch behind the place where the one before ended; an empty place is the beginning, and the end.
	next func(r *reader, after string) (batch []record, place string, err error)
}

// record is a row: values in the order of the columns.
type record []any

// column is a column of a section. Its kind says what its values are.
type column struct{ in, kind, out string }

// reader reads about one person for one caller.
type reader struct {
	*op.View
	person   *user.User
	currency money.Currency
	own      bool
}

// moment is a time; zero is never.
type moment int64

func (m moment) String() string {
	if m == 0 {
		return ""
	}
	return time.UnixMilli(int64(m)).UTC().Format(time.RFC3339)
}

// MarshalJSON writes RFC 3339, and null for never.
func (m moment) MarshalJSON() ([]byte, error) {
	if m == 0 {
		return []byte("null"), nil
	}
	return json.Marshal(m.String())
}

// rows is a table as a section. Owner is the condition that finds the person's rows, with $id or $num in it; key are the columns of
// the order, which is unique; columns are what is told, as in[:kind][=out]. Kinds: text, int, bool, time, money, sealed (for the
// person), subject (of a sealed letter).
func rows(table, owner, key, columns string) source {
	keys, told := columnsOf(key), columnsOf(columns)
	names := make([]string, 0, len(keys)+len(told))
	order := make([]string, 0, len(keys))
	for _, c := range told {
		names = append(names, c.in)
	}
	for _, c := range keys {
		names, order = append(names, c.in), append(order, c.in)
	}
	begin := "select " + strings.Join(names, ", ") + " from " + table + " where " + strings.NewReplacer("$id", "$1", "$num", "$1").Replace(owner)
	end := fmt.Sprintf(" order by %s limit %d", strings.Join(order, ", "), export.Batch)
	marks := []string{"$2", "$3", "$4"}[:len(keys)]
	further := " and (" + strings.Join(order, ", ") + ") > (" + strings.Join(marks, ", ") + ")"
	byNum := strings.Contains(owner, "$num")
	return source{columns: told, next: func(r *reader, after string) ([]record, string, error) {
		args := []any{any(string(r.person.ID))}
		if byNum {
			args[0] = r.person.Num
		}
		sql := begin
		if after != "" {
			from, err := open(keys, after)
			if err != nil {
				return nil, "", err
			}
			sql, args = sql+further, append(args, from...)
		}
		found, err := store.All(r, func(row store.Row) (all []any, err error) {
			into := dest(append(told[:len(told):len(told)], keys...))
			return into, row.Scan(into...)
		}, sql+end, args...)
		if err != nil {
			return nil, "", err
		}
		batch := make([]record, len(found))
		for i, values := range found {
			if batch[i], err = r.settle(told, values); err != nil {
				return nil, "", err
			}
		}
		if len(found) < export.Batch {
			return batch, "", nil
		}
		place, err := json.Marshal(found[len(found)-1][len(told):])
		return batch, string(place), err
	}}
}

func columnsOf(spec string) (all []column) {
	for _, word := range strings.Fields(spec) {
		in, out, renamed := strings.Cut(word, "=")
		in, kind, _ := strings.Cut(in, ":")
		if !renamed {
			out = in
		}
		all = append(all, column{in, kind, out})
	}
	return all
}

// dest is where a row is scanned to.
func dest(columns []column) []any {
	into := make([]any, len(columns))
	for i, c := range columns {
		switch c.kind {
		case "int", "time", "money", "bool":
			into[i] = new(int64)
		default:
			into[i] = new(string)
		}
	}
	return into
}

// open reads a place.
func open(keys []column, place string) ([]any, error) {
	into := dest(keys)
	if err := json.Unmarshal([]byte(place), &into); err != nil {
		return nil, err
	}
	for i, at := range into {
		switch v := at.(type) {
		case *int64:
			into[i] = *v
		case *string:
			into[i] = *v
		}
	}
	return into, nil
}

// settle turns what was read into what is told.
func (r *reader) settle(columns []column, values []any) (record, error) {
	told := make(record, len(columns))
	for i, c := range columns {
		switch v := values[i].(type) {
		case *int64:
			switch c.kind {
			case "time":
				told[i] = moment(*v)
			case "money":
				told[i] = money.Of(*v, r.currency)
			case "bool":
				told[i] = *v != 0
			default:
				told[i] = *v
			}
		case *string:
			told[i] = *v
			if c.kind != "sealed" && c.kind != "subject" {
				continue
			}
			plain, err := r.unsealed(*v)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.out, err)
			}
			if told[i] = plain; c.kind == "subject" && plain != "" {
				if told[i], err = about(plain); err != nil {
					return nil, err
				}
			}
		}
	}
	return told, nil
}

// unsealed opens what was sealed for the person; empty once that key is gone.
func (r *reader) unsealed(box string) (string, error) {
	if box == "" {
		return "", nil
	}
	plain, err := r.Unseal(string(r.person.ID), box)
	if err != nil && errs.Of(err).Kind == errs.Gone {
		return "", nil
	}
	return plain, err
}

// about is the subject of a letter, without the code that some have in it: who makes the package must not get in with it.
func about(letter string) (string, error) {
	var l mailing.Letter
	if err := json.Unmarshal([]byte(letter), &l); err != nil {
		return "", err
	}
	if l.Code != "" {
		return strings.ReplaceAll(l.Subject, l.Code, "[code]"), nil
	}
	return l.Subject, nil
}

// orderLines are the lines of the orders, which stand in the orders as JSON.
var orderLines = func() source {
	orders := rows("orders", "user_num = $num", "placed_at:int num:int", "id lines")
	return source{
		columns: columnsOf("order line:int sku title category quantity unit_price:hidden total:money"),
		next: func(r *reader, after string) (batch []record, place string, err error) {
			found, place, err := orders.next(r, after)
			if err != nil {
				return nil, "", err
			}
			for _, o := range found {
				lines, err := (&commerce.Order{ID: commerce.ID(o[0].(string)), Lines: o[1].(string)}).ReadLines()
				if err != nil {
					return nil, "", err
				}
				for i, l := range lines {
					batch = append(batch, record{o[0], int64(i + 1), l.SKU, l.Title, l.Category, l.Quantity, l.UnitPrice, money.Of(l.Total, r.currency)})
				}
			}
			return batch, place, nil
		},
	}
}()

// auditLog are the entries about the person, newest first. Of other people in the same entry nothing is told: neither what changed for
// them, nor who they are.
var auditLog = source{
	columns: columnsOf("id at:time operation by changes"),
	next: func(r *reader, after string) (batch []record, place string, err error) {
		f := audit.Filter{Chains: []string{string(r.person.Brand)}, Subject: string(r.person.ID), Outcome: audit.Done, Limit: export.Batch}
		if after != "" {
			if err := json.Unmarshal([]byte(after), &f.After); err != nil {
				return nil, "", err
			}
		}
		entries, next, err := audit.List(r, f)
		if err != nil {
			return nil, "", err
		}
		for i := range entries {
			e := &entries[i]
			changes, err := r.changes(e)
			if err != nil {
				return nil, "", err
			}
			batch = append(batch, record{e.ID, moment(e.At), e.Op, r.by(e), changes})
		}
		if next == (audit.Cursor{}) {
			return batch, "", nil
		}
		at, err := json.Marshal(next)
		return batch, string(at), err
	},
}

// by says who did it: themself, or what kind of actor. Which colleague it was is not the person's data.
func (r *reader) by(e *audit.Entry) string {
	switch {
	case e.Actor.Person == string(r.person.ID):
		return "themself"
	case e.Actor.Kind == string(op.Person):
		return "staff"
	}
	return e.Actor.Kind
}

// unsaid are fields that name colleagues, or what colleagues wrote for each other.
var unsaid = map[string]bool{"given_by": true, "ended_by": true, "status_reason": true}

// changed is a field of the person's own, before and after.
type changed struct {
	Field  string          `json:"field"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

func (r *reader) changes(e *audit.Entry) (all []changed, err error) {
	mine := map[string]bool{}
	for _, s := range e.Subjects {
		if s.Person == string(r.person.ID) {
			mine[s.ID] = true
		}
	}
	all = []changed{}
	for _, c := range e.Changes {
		if !mine[c.ID] || unsaid[c.Field] {
			continue
		}
		told := changed{Field: c.Field}
		if told.Before, err = r.value(c.Before); err == nil {
			told.After, err = r.value(c.After)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, told)
	}
	return all, nil
}

func (r *reader) value(v *audit.Value) (json.RawMessage, error) {
	switch {
	case v == nil:
		return nil, nil
	case v.Sealed == nil:
		return v.Plain, nil
	case v.Sealed.Person != string(r.person.ID):
		return nil, nil
	}
	plain, err := r.unsealed(v.Sealed.Box)
	if err == nil && !json.Valid([]byte(plain)) {
		return nil, nil // its key is gone
	}
	return json.RawMessage(plain), err
}

var errSection = errors.New("subject: there is no such section")
