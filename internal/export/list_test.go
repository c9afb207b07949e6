package export_test

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/consent"
	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/export"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/user"
)

// listOf is Aurora's list as its address asks for it.
func (d *desk) listOf(name, query string) directory.ListExport {
	d.t.Helper()
	params, err := url.ParseQuery(query)
	if err != nil {
		d.t.Fatal(err)
	}
	return directory.ListExport{
		List: name, Most: export.UnprovenTo, Purpose: "analysis",
		Ask: directory.Ask{Brand: d.Place("aurora").ID, Params: params, Form: field.Page},
	}
}

// list exports a list, with a code where one is asked for, and gives its rows.
func (d *desk) list(who string, in directory.ListExport) (id export.ID, rows [][]string, err error) {
	d.t.Helper()
	id, err = op.Do(d.t.Context(), d.Door, d.As(who), directory.ExportList, in)
	if errors.Is(err, op.ErrStepUpRequired) {
		proof, _ := errs.Of(err).Extra["step_up"].(string)
		id, err = op.Do(d.t.Context(), d.Door, d.As(who), directory.ExportList, in, op.With(op.Proof{ID: proof, Code: d.Code()}))
	}
	d.Later(31 * time.Second)
	if err == nil {
		err = d.make(id)
	}
	if err != nil {
		return id, nil, err
	}
	return id, d.rows(d.As(who), id), nil
}

// confirmed does what needs a code.
func confirmed[In any, T op.Target, Out any](d *desk, who string, a *op.Action[In, T, Out], in In) {
	d.t.Helper()
	_, err := op.Do(d.t.Context(), d.Door, d.As(who), a, in)
	if !errors.Is(err, op.ErrStepUpRequired) {
		d.t.Fatal(err)
	}
	proof, _ := errs.Of(err).Extra["step_up"].(string)
	if _, err = op.Do(d.t.Context(), d.Door, d.As(who), a, in, op.With(op.Proof{ID: proof, Code: d.Code()})); err != nil {
		d.t.Fatal(err)
	}
	d.Later(31 * time.Second)
}

func (d *desk) exports() int64 {
	d.t.Helper()
	n, err := store.Value[int64](d.Store.Read(d.t.Context()).QueryRow("select count(*) from exports"))
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

func TestAListIsExportedAsItsFiltersShowIt(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.Customer("maya")
		ask := d.listOf("customers", "status=active&sort=-lifetime_spend&q=a")
		page, err := op.Ask(t.Context(), d.Door, d.As("ines"), directory.Customers, ask.Ask)
		if err != nil || len(page.Rows) < 2 {
			t.Fatal(len(page.Rows), err)
		}
		_, rows, err := d.list("ines", ask)
		if err != nil {
			t.Fatal(err)
		}
		if want := "name email phone status email_verified registered_at last_seen_at"; strings.Join(rows[0], " ") != want {
			t.Errorf("columns %v", rows[0])
		}
		var shown []string
		for i := range page.Rows {
			shown = append(shown, page.Rows[i].Name())
		}
		if got := column(rows, "name"); !slices.Equal(got, shown) {
			t.Errorf("the list has %v, the file %v", shown, got)
		}
		facts := map[string]map[string]string{}
		for _, e := range d.Events(string(d.Place("aurora").ID)) {
			facts[e.Op] = e.Facts
		}
		if f := facts["person.export_list"]; f["filters"] != "status" || f["searched"] != "yes" || f["purpose"] != "analysis" {
			t.Errorf("the log has %v", f)
		}
		if f := facts["export.finish"]; f["rows"] != strconv.Itoa(len(shown)) {
			t.Errorf("the log has %v", f)
		}
		all := d.listOf("users", "kind=staff")
		all.Columns = []string{"id", "email", "role"}
		if _, rows, err = d.list("ines", all); err != nil || !slices.Contains(column(rows, "role"), access.HubAdmin.Key) {
			t.Errorf("staff: %v %v", rows, err)
		}
	})
}

func TestALargeListAndMoneyBesideAddressesAreConfirmed(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.Customer("maya")
		any := d.listOf("customers", "")
		any.Most = 0
		many, money := d.listOf("customers", ""), d.listOf("customers", "")
		many.Most, money.Columns = export.UnprovenTo+1, []string{"email", "lifetime_spend"}
		for name, in := range map[string]directory.ListExport{"any number": any, "501": many, "money": money} {
			if _, err := op.Do(t.Context(), d.Door, d.As("bruno"), directory.ExportList, in); !errors.Is(err, op.ErrStepUpRequired) || d.exports() != 0 {
				t.Errorf("%s: %v, and there are %d exports", name, err, d.exports())
			}
			d.Later(time.Minute)
		}
		if _, rows, err := d.list("bruno", money); err != nil || len(rows) < 3 || !slices.Contains(rows[0], "lifetime_spend") {
			t.Errorf("confirmed: %v %v", rows, err)
		}
	})
}

func TestAListForAFileIsCutByRightsPurposeAndNumber(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya, jose := d.Customer("maya"), d.Customer("jose")
		refused := func(who, code string, in directory.ListExport) {
			t.Helper()
			_, err := op.Do(t.Context(), d.Door, d.As(who), directory.ExportList, in)
			e := errs.Of(err)
			if err == nil || e.Code != code && e.Fields[code] == "" {
				t.Errorf("%s: %v, %v; want %s", who, err, e.Fields, code)
			}
		}
		ask := d.listOf("customers", "")
		// Whose role exports nobody.
		for _, who := range []string{"olu", "johanna", "dev", "rosa", "mira"} {
			refused(who, "forbidden", ask)
		}
		refused("priya", "not_found", ask)
		// A Hub Admin: own locations, and 500 at a time.
		more := ask
		more.Most = 501
		refused("kim", "most", more)
		more.Most = 0
		refused("kim", "most", more)
		_, rows, err := d.list("kim", ask)
		if names := column(rows, "email"); err != nil || !slices.Contains(names, "maya.whitaker@example.com") || slices.Contains(names, "jose.munoz@example.com") {
			t.Errorf("York's: %v %v", names, err)
		}
		if _, rows, err = d.list("hana", ask); err != nil || slices.Contains(column(rows, "email"), "maya.whitaker@example.com") || !slices.Contains(column(rows, "email"), "jose.munoz@example.com") {
			t.Errorf("Leeds and Hull: %v %v", rows, err)
		}
		if _, rows, err = d.list("kim", d.listOf("users", "")); err != nil || slices.Contains(column(rows, "role"), access.Admin.Key) {
			t.Errorf("a Hub Admin exports colleagues: %v %v", rows, err)
		}
		// Marketing: a marketing list, of those who agreed.
		refused("elif", "forbidden", ask)
		list := ask
		list.Purpose = access.PurposeMarketing
		for _, who := range []user.ID{maya, jose} {
			if _, err := op.Do(t.Context(), d.Door, d.As("ines"), consent.Set, consent.Choice{User: who, Purpose: consent.EmailMarketing, Given: true, Reason: "told us at the till"}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := op.Do(t.Context(), d.Door, d.As("ines"), consent.Set, consent.Choice{User: jose, Purpose: consent.EmailMarketing, Reason: "told us on the phone"}); err != nil {
			t.Fatal(err)
		}
		if _, rows, err = d.list("elif", list); err != nil || !slices.Equal(column(rows, "email"), []string{"maya.whitaker@example.com"}) {
			t.Errorf("marketing list: %v %v", rows, err)
		}
		// What is asked wrongly.
		before := d.exports()
		wrong := ask
		wrong.Purpose = "fun"
		refused("ines", "purpose", wrong)
		wrong = ask
		wrong.Columns = []string{"password"}
		refused("ines", "columns", wrong)
		wrong.Columns = []string{"lifetime_spend"}
		refused("elif", "columns", wrong)
		wrong = ask
		wrong.List = "sheep"
		refused("ines", "no_such_list", wrong)
		refused("ines", "status", d.listOf("customers", "status=sleepy"))
		refused("ines", "unknown_parameter", d.listOf("customers", "colour=red"))
		if n := d.exports(); n != before {
			t.Errorf("refused, and there are %d exports more", n-before)
		}
	})
}

func TestAListExportKnowsNobodyWhoWasArchivedAndNobodyWhoLostTheRight(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya := d.Customer("maya")
		id, _, err := d.list("kim", d.listOf("customers", ""))
		if err != nil {
			t.Fatal(err)
		}
		hanas, _, err := d.list("hana", d.listOf("customers", ""))
		if err != nil {
			t.Fatal(err)
		}
		// Hana loses one of her two locations: the file has people of both.
		aurora := d.Place("aurora")
		confirmed(d, "ada", account.ChangeRole, account.RoleChange{
			User: d.Member("hana").ID, Assignment: account.Assignment{Role: access.HubAdmin.Key, Places: account.At(aurora.ID, aurora.Hub["Hull"])},
		})
		if _, err := d.Exports.Open(t.Context(), d.As("hana"), hanas); errs.Of(err).Kind != errs.Forbidden {
			t.Errorf("after the role was cut: %v", err)
		}
		// Maya is archived: the file of before is not handed out, and the next one has her placeholder under its filter only.
		confirmed(d, "ada", privacy.Archive, privacy.Archival{User: maya, Reason: privacy.GDPRRequest})
		if _, err := d.Exports.Open(t.Context(), d.As("kim"), id); !errors.Is(err, export.ErrArchived) {
			t.Errorf("after Maya was archived: %v", err)
		}
		d.Later(time.Minute)
		if _, rows, err := d.list("kim", d.listOf("customers", "")); err != nil || strings.Contains(strings.Join(column(rows, "name"), " "), "[archived") {
			t.Errorf("without the filter: %v %v", rows, err)
		}
		if _, rows, err := d.list("kim", d.listOf("customers", "status=archived")); err != nil || !slices.Equal(column(rows, "name"), []string{user.Placeholder(maya)}) {
			t.Errorf("with the filter: %v %v", rows, err)
		}
	})
}

func TestAnExportThatGrewFails(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.Customer("maya")
		ask := d.listOf("customers", "")
		ask.Most = 2
		id, _, err := d.list("ines", ask)
		if !strings.Contains(errs.Of(err).Code, "export_more_rows") || d.state(id) != "failed" || len(d.files()) != 0 {
			t.Errorf("%v: it is %s, with %v", err, d.state(id), d.files())
		}
	})
}
