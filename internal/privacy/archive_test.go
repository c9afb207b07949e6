package privacy_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/record"
	"github.com/stewardhq/steward/internal/user"
)

func TestArchivingPutsThePlaceholderEverywhereAndRestoringTakesItAway(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		id := d.zora()
		before := *d.user(id)
		must(d, d.As("ines"), privacy.Archive, archived(id))
		u := d.user(id)
		hidden := "[archived-" + string(id) + "]"
		if u.Status != user.Archived || u.FirstName != hidden || u.LastName != hidden || u.Name() != hidden || u.Email != hidden || u.Phone != hidden || u.Address != hidden {
			t.Errorf("texts: %+v", u)
		}
		if u.Born != "" || u.Country != "" || u.EmailNorm != "" || u.EmailVerified != 0 {
			t.Errorf("typed fields: %+v", u)
		}
		if n := d.number("select count(*) from external_ids where user_num = $1", u.Num); n != 0 {
			t.Errorf("%d external ids", n)
		}
		e := d.Events(string(d.brand("aurora")))[0]
		if e.Op != "user.archive" || e.Facts["reason"] != "gdpr_request" || e.Actor.ID != string(d.Member("ines").ID) || e.StepUp == "" || e.Reason == nil {
			t.Errorf("the event: %+v", e)
		}
		if a := d.show("ines", id); a == nil || a.Reason != privacy.GDPRRequest || a.ByName == "" || a.CanRestore || a.Until != d.user(id).StatusSince+(30*day).Milliseconds()-31_000 && a.Until-a.At > (30*day).Milliseconds() {
			t.Errorf("shown: %+v", a)
		}
		d.unchanged("archived again for the same reason", func() {
			if _, err := op.Do(t.Context(), d.Door, d.As("ines"), privacy.Archive, archived(id)); err != nil {
				t.Error(err)
			}
		})
		refused(d, "status_move", d.As("ines"), privacy.Archive, privacy.Archival{User: id, Reason: privacy.Fraud})
		name := "Somebody"
		refused(d, "archived", d.As("ines"), account.Edit, account.Changes{User: id, FirstName: &name})
		d.verify()

		must(d, d.As("ada"), privacy.Restore, privacy.Return{User: id, Reason: "It was the wrong person."})
		after := *d.user(id)
		after.Version, after.UpdatedAt = before.Version, before.UpdatedAt
		if !reflect.DeepEqual(before, after) {
			t.Errorf("restored as\n%+v, was\n%+v", after, before)
		}
		if n := d.number("select count(*) from external_ids where user_num = $1 and source = 'shopify' and external_id = 'zqxt-0001'", after.Num); n != 1 {
			t.Error("her external id is not back")
		}
		if n := d.number("select count(*) from hidden_persons") + d.number("select count(*) from vaults"); n != 0 {
			t.Errorf("%d rows still hide her", n)
		}
		told := slices.ContainsFunc(d.Mails(), func(m mailing.Read) bool { return m.Kind == "restored" && m.To == before.Email && m.Letter.Path == "" })
		if !told {
			t.Error("she is not told that she is back")
		}
		if a := d.show("ada", id); a != nil {
			t.Errorf("still shown as archived: %+v", a)
		}
		d.verify()
	})
}

// TestEveryFieldThatTellsWhoSomebodyIsIsVeiled goes through the columns that are sealed in the log: whoever adds one to users adds
// it to Veil and to the vault.
func TestEveryFieldThatTellsWhoSomebodyIsIsVeiled(t *testing.T) {
	t.Parallel()
	u := user.User{ID: "usr_x", Status: user.Archived}
	v := reflect.ValueOf(&u).Elem()
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("audit") == "person" {
			v.Field(i).SetString("mark")
		}
	}
	u.Veil()
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.Tag.Get("audit") == "person" && v.Field(i).String() == "mark" {
			t.Errorf("%s is not veiled", f.Name)
		}
	}
}

func (d *desk) show(as string, id user.ID) *privacy.Archived {
	d.t.Helper()
	a, err := op.Ask(d.t.Context(), d.Door, d.As(as), privacy.Show, id)
	if err != nil {
		d.t.Fatal(err)
	}
	return a
}

func TestWhoMayArchiveAndRestoreWhom(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya, jose := d.Customer("maya"), d.Customer("jose")
		for _, c := range []struct {
			by   string
			whom user.ID
			code string
		}{
			{"ines", d.Member("ines").ID, "oneself"}, {"ada", d.Member("ada").ID, "oneself"}, {"ines", d.Member("bruno").ID, "holds_more"},
			{"kim", maya, "forbidden"}, {"kim", jose, "not_found"}, {"olu", maya, "forbidden"}, {"johanna", maya, "forbidden"}, {"rosa", maya, "forbidden"},
			{"priya", maya, "not_found"}, {"ada", "usr_none", "not_found"},
		} {
			t.Logf("%s, %s", c.by, c.whom)
			refused(d, c.code, d.As(c.by), privacy.Archive, archived(c.whom))
		}
		refused(d, "invalid", d.As("ines"), privacy.Archive, privacy.Archival{User: maya})
		refused(d, "invalid", d.As("ines"), privacy.Archive, privacy.Archival{User: maya, Reason: "because"})
		refused(d, "invalid", d.As("ines"), privacy.Archive, privacy.Archival{User: maya, Reason: privacy.Other, Note: strings.Repeat("x", 501)})
		must(d, d.As("bruno"), privacy.Archive, archived(maya))
		for _, by := range []string{"bruno", "ines", "kim"} {
			refused(d, "forbidden", d.As(by), privacy.Restore, privacy.Return{User: maya, Reason: "x"})
		}
		refused(d, "invalid", d.As("ada"), privacy.Restore, privacy.Return{User: maya})
		refused(d, "status_move", d.As("ada"), privacy.Restore, privacy.Return{User: jose, Reason: "x"})
		refused(d, "not_due", d.As("ada"), privacy.Erase, privacy.Who{User: maya})
		refused(d, "forbidden", d.As("ada"), privacy.Cleanse, privacy.Who{User: maya})
	})
}

func TestTheLastSuperAdminIsNotArchived(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		ada, marcus := d.As("ada"), d.As("marcus")
		must(d, ada, privacy.Archive, archived(d.Member("marcus").ID))
		refused(d, "last_admin", marcus, privacy.Archive, archived(d.Member("ada").ID)) // what marcus held when he asked
		if n := d.number("select count(*) from grants where user_id = $1 and ended_at = 0", string(d.Member("marcus").ID)); n != 0 {
			t.Errorf("%d grants go on", n)
		}
		must(d, ada, privacy.Restore, privacy.Return{User: d.Member("marcus").ID, Reason: "A mistake."})
		if u := d.user(d.Member("marcus").ID); u.Status != user.Active || u.Kinds&user.IsStaff != 0 || u.Email != d.Member("marcus").Email {
			t.Errorf("restored as %+v: without a role", u)
		}
	})
}

func TestWhoIsArchivedIsFoundByIDAlone(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		id := d.zora()
		find := func(as, words string, more ...string) []string {
			t.Helper()
			params := map[string][]string{"q": {words}}
			if words == "" {
				delete(params, "q")
			}
			if len(more) > 0 {
				params["status"] = more
			}
			p, err := op.Ask(t.Context(), d.Door, d.As(as), directory.Users, directory.Ask{Brand: d.brand("aurora"), Params: params})
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, r := range p.Rows {
				ids = append(ids, string(r.ID))
			}
			return ids
		}
		if len(find("ines", "zqforename")) != 1 {
			t.Fatal("she is not found before")
		}
		must(d, d.As("ines"), privacy.Archive, archived(id))
		for _, words := range []string{"zqforename", "zqmail", "zqhost", "7946", "zqxt", string(id)} {
			if found := find("ada", words); len(found) != 0 {
				t.Errorf("%q finds %v without the filter", words, found)
			}
			want := 0
			if words == string(id) {
				want = 1
			}
			if found := find("ada", words, "archived"); len(found) != want {
				t.Errorf("%q finds %v among the archived, want %d", words, found, want)
			}
		}
		if found := find("ada", "", "archived"); !slices.Equal(found, []string{string(id)}) {
			t.Errorf("archived are %v", found)
		}
	})
}

func TestTheLogShowsThePlaceholderToEverybody(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		id := d.zora()
		name := "Zqother"
		must(d, d.As("ines"), account.Edit, account.Changes{User: id, FirstName: &name})
		must(d, d.As("ines"), privacy.Archive, archived(id))
		hidden := user.Placeholder(id)
		for _, as := range []string{"ada", "bruno"} {
			p, err := op.Ask(t.Context(), d.Door, d.As(as), record.About, record.AskAbout{User: id})
			if err != nil {
				t.Fatal(err)
			}
			values := 0
			for _, e := range p.Entries {
				for _, c := range e.Changes {
					for _, s := range []record.Said{c.Before, c.After} {
						if s.Sealed && s.Text != hidden {
							t.Errorf("%s reads %q of %s in %s", as, s.Text, c.Field, e.Op)
						}
						if s.Sealed {
							values++
						}
					}
				}
				if e.Reason.Sealed && e.Reason.Text != hidden {
					t.Errorf("the reason of %s reads %q", e.Op, e.Reason.Text)
				}
			}
			if values < 10 {
				t.Errorf("only %d sealed values: the test looks in the wrong place", values)
			}
		}
	})
}

func TestRestoringAnswersWhatHappenedMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		id := d.zora()
		must(d, d.As("ines"), privacy.Archive, archived(id))
		other := must(d, op.HostOperator("root"), customer.Create, customer.New{Brand: d.brand("aurora"), FirstName: "Other", Email: "ZQmail@zqhost.example"})
		back := privacy.Return{User: id, Reason: "It was a mistake."}
		refused(d, "email_taken", d.As("ada"), privacy.Restore, back)
		address := "elsewhere@zqhost.example"
		must(d, d.As("ines"), account.Edit, account.Changes{User: other, Email: &address})
		second := must(d, op.HostOperator("root"), customer.Create, customer.New{Brand: d.brand("aurora"), FirstName: "Second", Source: "shopify", ExternalID: "zqxt-0001"})
		refused(d, "external_id_used", d.As("ada"), privacy.Restore, back)
		must(d, d.As("ines"), privacy.Archive, archived(second))
		must(d, d.As("ada"), privacy.Restore, back)
		if d.user(id).Email != "zqmail@zqhost.example" {
			t.Error("not restored")
		}
	})
}

// TestTheGracePeriodEndsToTheMillisecond: on day 30 and 0 seconds it is too late.
func TestTheGracePeriodEndsToTheMillisecond(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		early, late := d.zora(), d.Customer("maya")
		must(d, op.HostOperator("root"), privacy.Archive, archived(early))
		must(d, op.HostOperator("root"), privacy.Archive, archived(late))
		until := time.UnixMilli(d.show("ada", late).Until)
		d.Later(until.Sub(d.Door.Now()) - 1*time.Millisecond)
		must(d, op.HostOperator("root"), privacy.Restore, privacy.Return{User: early, Reason: "In time."})
		d.Later(time.Millisecond)
		refused(d, "archive_over", d.As("ada"), privacy.Restore, privacy.Return{User: late, Reason: "Too late."})
		if e := errs.Of(privacy.ErrTooLate); e.Kind != errs.Gone {
			t.Errorf("it is %v", e.Kind)
		}
		d.erase()
		refused(d, "archive_over", d.As("ada"), privacy.Restore, privacy.Return{User: late, Reason: "Too late."})
	})
}
