package account_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/seed"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
)

// atDesk is a browser in which a member of staff is signed in.
func (f *front) atDesk(key string) *front {
	f.t.Helper()
	b := f.another()
	f.Enter(b.http, f.base, key)
	return b
}

// views looks through somebody's eyes, as staff do it: a reason, a code, and one is at their pages.
func (f *front) views(key string, of user.ID, audience string, more ...string) *front {
	f.t.Helper()
	b := f.atDesk(key)
	b.looksAs(key, of, audience, more...)
	return b
}

// looksAs is the same in a browser in which they are signed in at the desk.
func (b *front) looksAs(key string, of user.ID, audience string, more ...string) {
	b.t.Helper()
	f := b
	f.Later(31 * time.Second)
	asked := b.post("/admin/users/"+string(of)+"/impersonation", append([]string{"reason", "They asked on the phone", "audience", audience}, more...)...)
	path, _, _ := strings.Cut(asked.location, "?")
	if asked.status != http.StatusSeeOther || !strings.HasPrefix(path, "/admin/step-ups/") {
		f.t.Fatalf("no step-up: %d %q %s", asked.status, asked.location, words(asked.body))
	}
	front := map[string]string{"account": "/account/aurora", "company": "/app/aurora"}[audience]
	if b.cookie("steward_"+audience+"_eyes") != "" {
		f.t.Fatal("it began before the code")
	}
	b.post(path, "code", f.mailed(f.Member(key).Email)).wants(f.t, http.StatusSeeOther, front)
}

func TestStaffViewAsACustomerAndChangeNothing(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		maya := f.Customer("maya")
		b := f.views("bruno", maya, "account")
		page := b.get("/account/aurora").wants(t, http.StatusOK, "")
		for _, want := range []string{"Bruno Keller", "views as", "Maya Whitaker", "Look only, until"} {
			if said := text(page.body); !strings.Contains(said, want) {
				t.Errorf("the banner does not say %q: %s", want, said)
			}
		}
		profile := b.get("/account/aurora/profile").wants(t, http.StatusOK, "")
		if strings.Contains(profile.body, `name="first_name"`) || strings.Contains(profile.body, "/account/aurora/security") {
			t.Error("it shows forms or places that are refused")
		}
		b.get("/account/aurora/orders").wants(t, http.StatusOK, "")
		before := f.print()
		version := "1"
		refused := []struct{ path, form string }{
			{"/profile", "version=" + version + "&first_name=Mallory"}, {"/preferences/theme", "theme=dark"}, {"/sessions/others/end", ""},
			{"/security/password", "current=x&password=plum+otter+lantern+seven"}, {"/security/apps", ""}, {"/security/apps/new", "code=123456"},
			{"/security/passkeys/question", ""}, {"/security/passkeys", "answer=%7B%7D"}, {"/security/codes", ""}, {"/step-ups/stp_none", "code=1"},
		}
		for _, r := range refused {
			form, _ := url.ParseQuery(r.form)
			if a := b.do(http.MethodPost, "/account/aurora"+r.path, strings.NewReader(form.Encode())); a.status != http.StatusForbidden {
				t.Errorf("%s is answered %d", r.path, a.status)
			}
		}
		for _, path := range []string{"/security", "/sessions", "/history", "/security/password", "/security/passkeys/new"} {
			refusal := b.get("/account/aurora"+path).wants(t, http.StatusForbidden, "")
			if spoken := alert.FindString(refusal.body); !strings.Contains(spoken, "looking through somebody else’s eyes") && !strings.Contains(spoken, "looking through somebody else&#39;s eyes") {
				t.Errorf("%s: nothing speaks the refusal: %q", path, spoken)
			}
		}
		if differ := before.Diff(f.print()); len(differ) > 0 {
			t.Errorf("changed %v", differ)
		}
		b.post("/account/aurora/impersonation/end").wants(t, http.StatusSeeOther, "/admin/customers/"+string(maya))
		b.get("/admin/customers/"+string(maya)).wants(t, http.StatusOK, "")
		b.get("/account/aurora").wants(t, http.StatusSeeOther, "/account/aurora/sign-in")
	})
}

var alert = regexp.MustCompile(`<p role="alert">[^<]*`)

func text(body string) string {
	return strings.Join(strings.Fields(tags.ReplaceAllString(body, " ")), " ")
}

func TestWhoMayAlsoChangeDoesItUnderBothNames(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		maya := f.Customer("maya")
		bruno := f.atDesk("bruno")
		bruno.post("/admin/users/"+string(maya)+"/impersonation", "reason", "Typing error", "audience", "account", "writes", "1").wants(t, http.StatusForbidden, "")
		b := f.views("ada", maya, "account", "writes", "1")
		page := b.get("/account/aurora/profile").wants(t, http.StatusOK, "")
		version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(page.body)
		if len(version) != 2 || !strings.Contains(page.body, "Look and change") {
			t.Fatal(words(page.body))
		}
		b.post("/account/aurora/profile", "version", version[1], "first_name", "Mayah", "phone", "07700 900999").wants(t, http.StatusSeeOther, "/account/aurora/profile")
		u, err := user.Find(f.Store.Read(t.Context()), maya)
		if err != nil || u.FirstName != "Mayah" {
			t.Fatalf("%q, %v", u.FirstName, err)
		}
		found := false
		for _, e := range f.Events(string(u.Brand)) {
			if e.Op == "user.edit" && e.Actor.Person == string(f.Member("ada").ID) && e.Actor.OnBehalf == string(maya) {
				found = true
			}
		}
		if !found {
			t.Error("the event does not have both names")
		}
		before := f.print()
		b.post("/account/aurora/security/codes").wants(t, http.StatusForbidden, "")
		b.post("/account/aurora/sessions/others/end").wants(t, http.StatusForbidden, "")
		if differ := before.Diff(f.print()); len(differ) > 0 {
			t.Errorf("changed %v", differ)
		}
	})
}

func TestAnImpersonationEnds(t *testing.T) {
	ends := map[string]func(t *testing.T, f, b *front){
		"with the staff session": func(t *testing.T, _, b *front) {
			b.post("/admin/sign-out").wants(t, http.StatusSeeOther, "/admin/sign-in")
		},
		"after half an hour": func(_ *testing.T, f, b *front) {
			f.Later(15 * time.Minute)
			b.get("/account/aurora")
			f.Later(15*time.Minute + time.Second)
		},
		"on demotion": func(t *testing.T, f, _ *front) {
			_, err := op.Do(t.Context(), f.Door, op.HostOperator("test"), account.ChangeRole, account.RoleChange{
				User: f.Member("bruno").ID, Reason: "Moves on", Assignment: account.Assignment{Role: "marketing", Places: account.At(f.Place("aurora").ID)},
			})
			if err != nil {
				t.Fatal(err)
			}
		},
		"when the person is deactivated": func(t *testing.T, f, _ *front) {
			if _, err := op.Do(t.Context(), f.Door, op.HostOperator("test"), account.Deactivate, account.Of(f.Customer("maya"))); err != nil {
				t.Fatal(err)
			}
		},
		"when somebody ends it": func(t *testing.T, f, _ *front) {
			all, err := op.Ask(t.Context(), f.Door, f.As("ada"), auth.Impersonations, f.Customer("maya"))
			if err != nil || len(all) != 1 || all[0].Actor != f.Member("bruno").ID || all[0].Writes {
				t.Fatalf("running: %+v, %v", all, err)
			}
			n, err := op.Do(t.Context(), f.Door, f.As("ada"), auth.EndImpersonations, f.Customer("maya"))
			if err != nil || n != 1 {
				t.Fatalf("%d ended, %v", n, err)
			}
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			fronts(t, func(t *testing.T, f *front) {
				b := f.views("bruno", f.Customer("maya"), "account")
				b.get("/account/aurora").wants(t, http.StatusOK, "")
				token := b.cookie("steward_account_eyes")
				if _, _, err := f.Desk.Resolve(t.Context(), fromTest, session.Account, token); err != nil {
					t.Fatal(err)
				}
				end(t, f, b)
				b.get("/account/aurora").wants(t, http.StatusSeeOther, "/account/aurora/sign-in")
				if _, _, err := f.Desk.Resolve(t.Context(), fromTest, session.Account, token); err == nil {
					t.Error("its session lives")
				}
				if b.cookie("steward_account_eyes") != "" {
					t.Error("the browser keeps its cookie")
				}
			})
		})
	}
}

// TestOnesOwnAccountWaitsWhileOneLooksThroughSomebodysEyes: Bruno shops at Aurora too, in the same browser.
func TestOnesOwnAccountWaitsWhileOneLooksThroughSomebodysEyes(t *testing.T) {
	const base = "/account/aurora"
	says := func(t *testing.T, b *front, who string, banner bool) {
		t.Helper()
		body := b.get(base).wants(t, http.StatusOK, "").body
		if !strings.Contains(words(body), "Hello, "+who) || strings.Contains(text(body), "views as") != banner {
			t.Errorf("it is not %s's account, or the banner is wrong: %s", who, text(body))
		}
	}
	begins := func(t *testing.T, f *front) (b *front, own string) {
		b = f.atDesk("bruno")
		b.entersTwice("bruno")
		own = b.cookie("steward_account")
		says(t, b, "Bruno", false)
		b.looksAs("bruno", f.Customer("maya"), "account")
		says(t, b, "Maya", true)
		if b.cookie("steward_account") != own {
			t.Error("the cookie of his own account is another one")
		}
		return b, own
	}
	for name, end := range map[string]func(t *testing.T, b *front){
		"by its button": func(t *testing.T, b *front) {
			b.post(base+"/impersonation/end").wants(t, http.StatusSeeOther, "/admin/customers/"+string(b.Customer("maya")))
		},
		"by the way out": func(t *testing.T, b *front) {
			b.post(base+"/sign-out").wants(t, http.StatusSeeOther, base+"/sign-in")
			b.get(base+"/sign-in").wants(t, http.StatusSeeOther, base)
		},
		"with the staff session": func(t *testing.T, b *front) {
			b.post("/admin/sign-out").wants(t, http.StatusSeeOther, "/admin/sign-in")
		},
		"by the clock": func(t *testing.T, b *front) {
			b.Later(30*time.Minute + time.Second)
		},
	} {
		t.Run("ended "+name, func(t *testing.T) {
			fronts(t, func(t *testing.T, f *front) {
				b, own := begins(t, f)
				end(t, b)
				says(t, b, "Bruno", false)
				if b.cookie("steward_account") != own || b.cookie("steward_account_eyes") != "" {
					t.Error("the browser keeps the wrong cookie")
				}
				if _, _, err := f.Desk.Resolve(t.Context(), fromTest, session.Account, own); err != nil {
					t.Errorf("his own session: %v", err)
				}
			})
		})
	}
	t.Run("a form opened through her eyes is never his", func(t *testing.T) {
		fronts(t, func(t *testing.T, f *front) {
			b, _ := begins(t, f)
			f.Later(30*time.Minute + time.Second)
			read := func(id user.ID) *user.User {
				u, err := user.Find(f.Store.Read(t.Context()), id)
				if err != nil {
					t.Fatal(err)
				}
				return u
			}
			bruno, hers := read(f.Member("bruno").ID), read(f.Customer("maya"))
			late := b.post(base+"/profile", "version", strconv.FormatInt(bruno.Version, 10), "first_name", "Maya").wants(t, http.StatusConflict, "")
			if !strings.Contains(words(late.body), "nothing was changed") {
				t.Errorf("says %s", words(late.body))
			}
			if read(bruno.ID).Version != bruno.Version || read(hers.ID).Version != hers.Version {
				t.Error("somebody's details were changed")
			}
			says(t, b, "Bruno", false)
		})
	})
	t.Run("who signs in anew leaves both", func(t *testing.T) {
		fronts(t, func(t *testing.T, f *front) {
			b, own := begins(t, f)
			eyes := b.cookie("steward_account_eyes")
			tariq, err := user.Find(f.Store.Read(t.Context()), f.Customer("tariq"))
			if err != nil {
				t.Fatal(err)
			}
			b.enters(base, tariq.Email)
			says(t, b, "Tariq", false)
			for _, token := range []string{own, eyes} {
				if _, _, err := f.Desk.Resolve(t.Context(), fromTest, session.Account, token); err == nil {
					t.Error("a session from before lives on")
				}
			}
		})
	})
	t.Run("each cookie opens its own sort alone", func(t *testing.T) {
		fronts(t, func(t *testing.T, f *front) {
			b, own := begins(t, f)
			for name, token := range map[string]string{"steward_account": b.cookie("steward_account_eyes"), "steward_account_eyes": own} {
				thief := f.another()
				thief.plant(name, token)
				thief.get(base).wants(t, http.StatusSeeOther, base+"/sign-in")
			}
			says(t, b, "Maya", true)
		})
	})
}

func TestThePersonFindsItInTheirHistoryAndNotAmongTheirSessions(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		f.enters("/account/aurora", maya)
		f.views("bruno", f.Customer("maya"), "account")
		history := text(f.get("/account/aurora/history").wants(t, http.StatusOK, "").body)
		if !strings.Contains(history, "Viewed by shop staff") || !strings.Contains(history, "Signed in with a code") || strings.Contains(history, "Bruno") {
			t.Errorf("the history says %s", history)
		}
		if said := words(f.get("/account/aurora/sessions").body); strings.Count(said, "last active") != 1 {
			t.Errorf("the sessions say %s", said)
		}
	})
}

func TestNobodyViewsAsStaff(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		kim := f.Member("kim").ID
		b := f.atDesk("ada")
		before := f.print()
		a := b.post("/admin/users/"+string(kim)+"/impersonation", "reason", "Curious", "audience", "account")
		if a.status != http.StatusForbidden {
			t.Errorf("answered %d, %q", a.status, a.location)
		}
		if differ := before.Diff(f.print()); len(differ) > 0 {
			t.Errorf("changed %v", differ)
		}
		short := b.post("/admin/users/"+string(f.Customer("maya"))+"/impersonation", "reason", " ", "audience", "account").wants(t, http.StatusUnprocessableEntity, "")
		if !strings.Contains(short.body, "Say why") {
			t.Error("a reason is not asked for")
		}
		tom := f.atDesk("kim") // a Hub Admin views as nobody
		tom.get("/admin/users/"+string(f.Customer("maya"))+"/impersonation").wants(t, http.StatusForbidden, "")
	})
}

func TestStaffViewAsACompanyUser(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		all, err := seed.Admit(t.Context(), f.Door)
		if err != nil {
			t.Fatal(err)
		}
		b := f.views("bruno", all[0].ID, "company")
		page := b.get("/app/aurora/profile").wants(t, http.StatusOK, "")
		if !strings.Contains(text(page.body), "views as "+all[0].FirstName) {
			t.Error("no banner")
		}
		b.get("/app/aurora/security").wants(t, http.StatusForbidden, "")
		b.post("/app/aurora/sign-out").wants(t, http.StatusSeeOther, "/app/aurora/sign-in")
		b.get("/app/aurora/profile").wants(t, http.StatusSeeOther, "/app/aurora/sign-in?back=%2Fapp%2Faurora%2Fprofile")
	})
}

func TestAProgramSeesWhatRunsAndEndsIt(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		maya := string(f.Customer("maya"))
		made, err := op.Do(t.Context(), f.Door, op.HostOperator("test"), apikey.Create, apikey.New{
			Name: "Watch", Scope: f.Place("aurora").ID.Scope(), Permissions: access.Of(access.UsersImpersonate, access.UsersView), Owner: f.Member("bruno").ID,
		})
		if err != nil {
			t.Fatal(err)
		}
		call := func(method string) answer {
			t.Helper()
			r, err := http.NewRequestWithContext(t.Context(), method, f.base+"/v1/users/"+maya+"/impersonation", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+made.Token)
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			return answer{status: res.StatusCode, body: string(body)}
		}
		b := f.views("ada", f.Customer("maya"), "account")
		if a := call(http.MethodGet); a.status != http.StatusOK || !strings.Contains(a.body, `"actor_name":"Ada Okafor"`) || strings.Contains(a.body, b.cookie("steward_account_eyes")) {
			t.Errorf("%d %s", a.status, a.body)
		}
		if a := call(http.MethodDelete); a.status != http.StatusOK || !strings.Contains(a.body, `"ended":1`) {
			t.Errorf("%d %s", a.status, a.body)
		}
		b.get("/account/aurora").wants(t, http.StatusSeeOther, "/account/aurora/sign-in")
		if a := call(http.MethodGet); a.status != http.StatusOK || strings.Contains(a.body, "Ada") {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}
