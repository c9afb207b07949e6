package directory

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/export"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/tabular"
)

// ListExport asks for a list as a file: whom its filters and search find, in its order.
type ListExport struct {
	List string `json:"list"` // users or customers
	Ask
	Columns []string `json:"columns,omitempty"` // keys of fields; empty: the standard ones that the caller sees
	Most    int64    `json:"most,omitempty"`    // an export that turns out to have more rows fails; 0: any number
	Purpose string   `json:"purpose"`
}

// ListPurposes are what a list is exported for. A marketing list has only who agreed to marketing by e-mail and can get it.
var ListPurposes = []string{"analysis", "compliance", "support", "backup", access.PurposeMarketing}

// standardColumns are those of source B, as far as a list has them and the caller sees them.
var standardColumns = []string{"name", "email", "phone", "registered_at", "last_seen_at", "role", "status", "email_verified", "phone_verified"}

// Refusals of a list as a file.
var (
	ErrNoList   = errs.New(errs.Invalid, "no_such_list", "There is no such list. Export users or customers.")
	ErrMoreRows = errs.New(errs.Conflict, "export_more_rows", "There are more rows by now than were asked for. Make the export again.")
)

var rolls = map[string]*roll{"users": users, "customers": customers}

// askedList is a list as the caller may have it in a file.
type askedList struct {
	*run
	brand.ID
	at      []access.Scope // where the caller may export
	people  access.PersonKind
	columns []string
	needs   []access.Permission
	most    int64 // rows that the caller may have at once
}

// Subjects are the places whose people are in the file.
func (a askedList) Subjects() []op.Subject {
	all := make([]op.Subject, len(a.at))
	for i, at := range a.at {
		all[i] = op.Subject{Kind: "brand", ID: string(a.ID), Scope: at, People: a.people}
	}
	return all
}

func (a askedList) sensitive() bool {
	return slices.Contains(a.columns, "email") && slices.Contains(a.needs, access.CustomersFinancials)
}

// ExportList queues a list as a file. It has the rows and columns that the caller sees in the list, where they may export as well.
// Above 500 rows, and with money beside addresses, it is confirmed (security.md A-STEP 1).
var ExportList = &op.Action[ListExport, askedList, export.ID]{
	Name: "person.export_list", Summary: "Export a list of people", Allow: access.CustomersExport,
	StepUpIf: func(a askedList, in ListExport) bool {
		return in.Most == 0 || in.Most > export.UnprovenTo || a.sensitive()
	},
	Confirm: func(a askedList, in ListExport) op.Confirmation {
		rows := "All that the list finds"
		if in.Most > 0 {
			rows = fmt.Sprintf("At most %d", in.Most)
		}
		return op.Confirmation{
			Title: "Export a list of " + in.List, Button: "Export",
			Facts: []op.Fact{{Label: "Rows", Value: rows}, {Label: "Columns", Value: strings.Join(a.columns, ", ")}, {Label: "Purpose", Value: in.Purpose}},
		}
	},
	Target: targetList,
	Do: func(tx *op.Tx, a askedList, in ListExport) (export.ID, error) {
		switch {
		case !slices.Contains(ListPurposes, in.Purpose):
			return "", errs.Field("purpose", "Say what it is for: %s.", strings.Join(ListPurposes, ", "))
		case a.most == 0:
			return "", op.ErrForbidden.Say("Your role exports people for marketing lists only. Ask a Super Admin for “%s” without that limit.", access.CustomersExport.Label()).
				With("permission", access.CustomersExport.String())
		case in.Most < 0:
			return "", errs.Field("most", "Write how many rows there may be, or leave it out.")
		case a.most < math.MaxInt && (in.Most == 0 || in.Most > a.most):
			return "", errs.Field("most", "Your role exports at most %d people at a time. Filter the list until there are no more of them.", a.most)
		}
		filter := map[string]string{"list": in.List, "filters": a.filters()}
		if a.req.Search != "" {
			filter["searched"] = "yes"
		}
		e, err := export.Start(tx, export.Order{
			Kind: in.List, Brand: in.Brand, Places: a.at, People: a.people, Ask: in, Needs: a.needs, Columns: a.columns, Purpose: in.Purpose, Filter: filter,
		})
		if err != nil {
			return "", err
		}
		return e.ID, nil
	},
}

// filters names the fields that are filtered: what is searched for may be a name, and stands in no log.
func (r *run) filters() string {
	var names []string
	for i := range r.req.Predicates {
		names = append(names, r.req.Predicates[i].Name())
	}
	return strings.Join(names, ", ")
}

func targetList(tx *op.Tx, in ListExport) (askedList, error) { return listFor(tx.View(), in) }

// listFor decides what the file has for the caller of this moment.
func listFor(v *op.View, in ListExport) (a askedList, err error) {
	l, is := rolls[in.List]
	if !is {
		return a, ErrNoList
	}
	a.ID = in.Brand
	scope := in.Brand.Scope()
	a.at = []access.Scope{scope}
	if _, err := known(v, in.Brand); err != nil {
		return a, err
	}
	may := reachOf(v, access.CustomersExport, scope)
	if may.empty() { // the door refuses
		return a, nil
	}
	in.Params = maps.Clone(in.Params)
	in.Params.Del("cursor")
	in.Params.Del("limit")
	if a.run, err = l.open(v, in.Ask, access.CustomersExport); err != nil {
		return a, err
	}
	a.marketing = in.Purpose == access.PurposeMarketing
	a.at, a.people = a.reach.places(), access.Everybody
	if a.reach.kinds[staffKind].empty() {
		a.people = access.Customer
	}
	a.needs = []access.Permission{access.CustomersExport, l.allow}
	if a.columns, err = a.chosen(in.Columns); err != nil {
		return a, err
	}
	a.most = math.MaxInt
	for _, at := range a.at {
		a.most = min(a.most, int64(v.Caller().Grants.ExportRows(v.Now().UnixMilli(), at, in.Purpose)))
	}
	return a, nil
}

// chosen are the columns of the file, in the order of the list, and what seeing them needs.
func (a *askedList) chosen(asked []string) (columns []string, err error) {
	for _, key := range asked {
		if !a.fields.Has(key) {
			return nil, errs.Field("columns", "%s", fmt.Sprintf("There is no column %q here for you.", shortened(key)))
		}
	}
	for _, f := range a.fields.Columns() {
		if len(asked) > 0 && !slices.Contains(asked, f.Key) || len(asked) == 0 && !slices.Contains(standardColumns, f.Key) {
			continue
		}
		columns = append(columns, f.Key)
		if len(f.See) == 1 && !slices.Contains(a.needs, f.See[0]) {
			a.needs = append(a.needs, f.See[0])
		}
	}
	return columns, nil
}

// shortened is something typed, as far as a sentence repeats it.
func shortened(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// places are the nodes that the rows come from.
func (r reach) places() (all []access.Scope) {
	for _, p := range r.kinds {
		if p.all {
			return []access.Scope{r.home}
		}
		for _, node := range p.nodes {
			if !slices.Contains(all, node) {
				all = append(all, node)
			}
		}
	}
	return all
}

// Lists are the lists of people as CSV.
var Lists = []export.Kind{
	{Name: "users", Ending: "csv", Type: "text/csv; charset=utf-8", Make: makeList},
	{Name: "customers", Ending: "csv", Type: "text/csv; charset=utf-8", Make: makeList},
}

// stretch asks for the next rows of a file.
type stretch struct {
	ListExport
	after   *hit
	written int64
}

// stretched is the next rows of a file, as its requester may have them at this moment.
type stretched struct {
	rows   []Person
	fields []*field.Field[Person]
	last   *hit  // nil: there are no more
	total  int64 // with the first
}

// exportRows reads the next rows of a list that is being written to a file.
var exportRows = &op.Query[stretch, stretched]{
	Name: "person.export_rows", Summary: "Read rows of a list for its file", Allow: access.CustomersExport,
	Do: func(v *op.View, in stretch) (s stretched, err error) {
		a, err := listFor(v, in.ListExport)
		if err != nil {
			return s, err
		}
		if a.run == nil {
			return s, op.ErrForbidden
		}
		if in.after == nil {
			if s.total, err = a.count(); err != nil {
				return s, err
			}
		}
		hits, err := a.look(direction{desc: a.req.Sort.Desc, after: in.after, limit: export.Batch})
		if err != nil {
			return s, err
		}
		switch rows := in.written + int64(len(hits)); {
		case rows > a.most:
			return s, op.ErrForbidden
		case in.Most > 0 && rows > in.Most:
			return s, ErrMoreRows
		}
		if len(hits) == export.Batch {
			s.last = &hits[len(hits)-1]
		}
		for _, f := range a.fields.Columns() {
			if slices.Contains(a.columns, f.Key) {
				s.fields = append(s.fields, f)
			}
		}
		s.rows, err = a.rows(hits)
		return s, err
	},
}

func makeList(ctx context.Context, m *export.Making) error {
	var in stretch
	if err := m.Asked(&in.ListExport); err != nil {
		return err
	}
	in.Columns = strings.Fields(m.Columns) // as they were confirmed: who has lost one has lost the export
	w, total := tabular.NewWriter(m), int64(0)
	for {
		c, err := m.As(ctx)
		if err != nil {
			return err
		}
		s, err := op.Ask(ctx, m.Door, c, exportRows, in)
		if err != nil {
			return err
		}
		if in.after == nil {
			total = s.total
			w.Row(in.Columns...)
		}
		for i := range s.rows {
			for _, f := range s.fields {
				writeCell(w, f, &s.rows[i])
			}
			w.End()
		}
		in.written += int64(len(s.rows))
		m.Wrote(in.written, max(total, in.written))
		if in.after = s.last; in.after == nil {
			return w.Flush()
		}
	}
}

func writeCell(w *tabular.Writer, f *field.Field[Person], p *Person) {
	switch value := f.Value(p).(type) {
	case bool:
		w.Typed(strconv.FormatBool(value))
	case int64:
		if f.Type == field.Time {
			w.Typed(stamp(value))
			return
		}
		w.Typed(strconv.FormatInt(value, 10))
	case money.Amount:
		w.Typed(value.Plain())
	case string:
		if f.Key == "phone" {
			w.Typed(value)
			return
		}
		w.Text(value)
	}
}
