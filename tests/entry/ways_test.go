package entry

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/auth/passkey"
	"github.com/stewardhq/steward/internal/auth/passkey/softkey"
	"github.com/stewardhq/steward/internal/invite"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

const fresh = "Violet harbours at noon 31"

// way is a wrong way in: it prepares, and gives the browser, the place that must stay shut, and what is tried.
type way struct {
	name  string
	enter func(h *house) (b *browser, place string, try func() answer)
}

func tryAll(t *testing.T, h *house, ways []way) {
	t.Helper()
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			outer := h.t
			h.t = t
			defer func() { h.t = outer }()
			h.World.T = t
			defer func() { h.World.T = outer }()
			b, place, try := w.enter(h)
			h.shut(t, b, place, try)
		})
	}
}

func TestWrongCodesByMail(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		h.Customer("maya")
		code := func(b *browser, code string) (*browser, string, func() answer) {
			return b, shop, func() answer { return b.post(shop+"/sign-in/code", "code", code) }
		}
		tryAll(t, h, []way{
			{"wrong", func(h *house) (*browser, string, func() answer) {
				b := h.browser()
				return code(b, wrongOf(b.asks(maya)))
			}},
			{"truncated", func(h *house) (*browser, string, func() answer) {
				b := h.browser()
				return code(b, b.asks(maya)[:7])
			}},
			{"with something behind it", func(h *house) (*browser, string, func() answer) {
				b := h.browser()
				return code(b, b.asks(maya)+"0")
			}},
			{"none", func(h *house) (*browser, string, func() answer) {
				b := h.browser()
				b.asks(maya)
				return code(b, "")
			}},
			{"expired", func(h *house) (*browser, string, func() answer) {
				b := h.browser()
				c := b.asks(maya)
				h.Later(5 * time.Minute)
				return code(b, c)
			}},
			{"used", func(h *house) (*browser, string, func() answer) {
				b := h.browser()
				c := b.asks(maya)
				was := b.cookie("steward_code_account")
				if a := b.post(shop+"/sign-in/code", "code", c); a.status != http.StatusSeeOther || !b.isIn(shop) {
					h.t.Fatalf("the right code: %s", a)
				}
				return code(h.browser().holds("steward_code_account", was), c)
			}},
			{"somebody else's", func(h *house) (*browser, string, func() answer) {
				b := h.browser()
				b.asks(maya)
				return code(b, h.browser().asks(jose))
			}},
			{"older, in its own browser", func(h *house) (*browser, string, func() answer) {
				b := h.browser()
				older := b.asks(maya)
				h.browser().asks(maya)
				return code(b, older)
			}},
			{"right, in another browser", func(h *house) (*browser, string, func() answer) {
				c := h.browser().asks(maya)
				return code(h.browser(), c)
			}},
			{"right, in another browser that asked too", func(h *house) (*browser, string, func() answer) {
				b := h.browser()
				b.asks(maya)
				return code(b, h.browser().asks(maya))
			}},
			{"right, at another shop", func(h *house) (*browser, string, func() answer) {
				b := h.browser()
				c := b.asks(maya)
				return b, "/account/meridian", func() answer { return b.post("/account/meridian/sign-in/code", "code", c) }
			}},
			{"right, at the panel of companies", func(h *house) (*browser, string, func() answer) {
				b := h.browser()
				c := b.asks(maya)
				b.holds("steward_code_company", b.cookie("steward_code_account"))
				return b, "/app/aurora", func() answer { return b.post("/app/aurora/sign-in/code", "code", c) }
			}},
			{"for somebody who is suspended since", func(h *house) (*browser, string, func() answer) {
				b := h.browser()
				c := b.asks(jose)
				if _, err := op.Do(h.t.Context(), h.Door, op.HostOperator("test"), account.Deactivate, account.Of(h.Customer("jose"))); err != nil {
					h.t.Fatal(err)
				}
				return code(b, c)
			}},
		})
	})
}

// link tries a link as a browser does: its address, and then the button.
func (b *browser) link(path, token string, fields ...string) answer {
	b.h.t.Helper()
	b.get(path + "?token=" + token)
	return b.post(path, fields...)
}

func TestWrongLinks(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		h.Customer("maya")
		host := op.HostOperator("test")
		kim := h.Member("kim")
		must := func(err error) {
			h.t.Helper()
			if err != nil {
				h.t.Fatal(err)
			}
		}
		reset := func() string {
			h.Later(apart)
			_, err := op.Do(h.t.Context(), h.Door, h.As("ada"), account.ResetPassword, account.Of(kim.ID))
			must(err)
			return h.letter("password_reset", kim.Email)
		}
		set := func(h *house, token string) (*browser, string, func() answer) {
			b := h.browser()
			return b, desk, func() answer { return b.link("/set-password", token, "password", fresh) }
		}
		n := 0
		invited := func() (id, token, email string) {
			n++
			email = fmt.Sprintf("newcomer%d@example.org", n)
			h.Later(31 * time.Second)
			in := account.NewStaff{Email: email, FirstName: "New", LastName: "Comer", Assignment: account.Assignment{Role: access.Support.Key, Places: []account.Place{{Brand: h.Place("aurora").ID}}}}
			in.Send = true
			added, err := op.Do(h.t.Context(), h.Door, h.As("bruno"), account.Invite, in)
			must(err)
			return added.Invitation, h.letter("invitation", email), email
		}
		accept := func(h *house, token string) (*browser, string, func() answer) {
			b := h.browser()
			return b, desk, func() answer {
				return b.link("/invitation", token, "first_name", "New", "last_name", "Comer", "password", fresh)
			}
		}
		confirmation := func() string {
			h.Later(apart)
			_, err := op.Do(h.t.Context(), h.Door, host, account.SendConfirmation, account.Of(h.Customer("tariq")))
			must(err)
			return h.letter("confirm_email", "tariq.hussain@example.com")
		}
		confirm := func(h *house, token string) (*browser, string, func() answer) {
			b := h.browser()
			return b, shop, func() answer { return b.link("/confirm", token) }
		}
		tryAll(t, h, []way{
			{"set password: wrong", func(h *house) (*browser, string, func() answer) { return set(h, wrongOf(reset())) }},
			{"set password: truncated", func(h *house) (*browser, string, func() answer) { l := reset(); return set(h, l[:len(l)-4]) }},
			{"set password: none", func(h *house) (*browser, string, func() answer) { return set(h, "") }},
			{"set password: older", func(h *house) (*browser, string, func() answer) { older := reset(); reset(); return set(h, older) }},
			{"set password: of another purpose", func(h *house) (*browser, string, func() answer) { return set(h, confirmation()) }},
			{"set password: an invitation", func(h *house) (*browser, string, func() answer) { _, token, _ := invited(); return set(h, token) }},
			{"set password: its hash", func(h *house) (*browser, string, func() answer) {
				reset()
				links, err := auth.Links.All(h.Store.Read(h.t.Context()), "where user_id = $1 and used_at = 0", string(kim.ID))
				must(err)
				return set(h, links[len(links)-1].Token)
			}},
			{"set password: expired", func(h *house) (*browser, string, func() answer) {
				l := reset()
				h.Later(time.Hour)
				return set(h, l)
			}},
			{"set password: used", func(h *house) (*browser, string, func() answer) {
				l := reset()
				if a := h.browser().link("/set-password", l, "password", kim.Password); a.status != http.StatusSeeOther {
					h.t.Fatalf("the right link: %s", a)
				}
				return set(h, l)
			}},
			{"set password: the person is deactivated since", func(h *house) (*browser, string, func() answer) {
				l := reset()
				_, err := op.Do(h.t.Context(), h.Door, host, account.Deactivate, account.Of(kim.ID))
				must(err)
				return set(h, l)
			}},
			{"invitation: wrong", func(h *house) (*browser, string, func() answer) {
				_, token, _ := invited()
				return accept(h, wrongOf(token))
			}},
			{"invitation: truncated", func(h *house) (*browser, string, func() answer) {
				_, token, _ := invited()
				return accept(h, token[:len(token)-4])
			}},
			{"invitation: older", func(h *house) (*browser, string, func() answer) {
				id, token, _ := invited()
				h.Later(time.Minute)
				_, err := op.Do(h.t.Context(), h.Door, h.As("bruno"), invite.Resend, invite.Again{Invitation: id})
				must(err)
				return accept(h, token)
			}},
			{"invitation: revoked", func(h *house) (*browser, string, func() answer) {
				id, token, _ := invited()
				_, err := op.Do(h.t.Context(), h.Door, h.As("bruno"), account.Withdraw, account.WithdrawnInvitation{Invitation: id})
				must(err)
				return accept(h, token)
			}},
			{"invitation: used", func(h *house) (*browser, string, func() answer) {
				_, token, _ := invited()
				_, _, try := accept(h, token)
				if a := try(); a.status != http.StatusSeeOther {
					h.t.Fatalf("the right link: %s", a)
				}
				return accept(h, token)
			}},
			{"invitation: expired", func(h *house) (*browser, string, func() answer) {
				_, token, _ := invited()
				h.Later(7 * 24 * time.Hour)
				return accept(h, token)
			}},
			{"invitation: an account that is there, of somebody else who is signed in", func(h *house) (*browser, string, func() answer) {
				in := account.NewStaff{Email: maya, Assignment: account.Assignment{Role: access.Support.Key, Places: []account.Place{{Brand: h.Place("aurora").ID}}}}
				in.Send = true
				_, err := op.Do(h.t.Context(), h.Door, h.As("bruno"), account.Invite, in)
				must(err)
				token := h.letter("invitation", maya)
				b, _ := h.shopper(jose)
				return b, desk, func() answer { return b.link("/invitation", token, "password", fresh) }
			}},
			{"confirm: wrong", func(h *house) (*browser, string, func() answer) { return confirm(h, wrongOf(confirmation())) }},
			{"confirm: truncated", func(h *house) (*browser, string, func() answer) { return confirm(h, confirmation()[:40]) }},
			{"confirm: older", func(h *house) (*browser, string, func() answer) {
				older := confirmation()
				confirmation()
				return confirm(h, older)
			}},
			{"confirm: of another purpose", func(h *house) (*browser, string, func() answer) { _, token, _ := invited(); return confirm(h, token) }},
			{"confirm: expired", func(h *house) (*browser, string, func() answer) {
				l := confirmation()
				h.Later(24 * time.Hour)
				return confirm(h, l)
			}},
			{"confirm: for an address that was changed since", func(h *house) (*browser, string, func() answer) {
				l := confirmation()
				other := "tariq@example.net"
				_, err := op.Do(h.t.Context(), h.Door, host, account.Edit, account.Changes{User: h.Customer("tariq"), Email: &other})
				must(err)
				return confirm(h, l)
			}},
		})
	})
}

func TestWrongTicketsAndSecondFactors(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		kims, hanas := h.As("kim"), h.As("hana")
		device := h.passkeyOf(kims, h.Member("kim").Email)
		recovery := proved(h, kims, h.Member("kim").Email, auth.RenewRecovery, op.None{})
		theirs := proved(h, hanas, h.Member("hana").Email, auth.RenewRecovery, op.None{})
		second := func(b *browser, fields ...string) (*browser, string, func() answer) {
			return b, desk, func() answer { return b.post("/admin/sign-in/second", fields...) }
		}
		// answers gives the answer of a passkey, from the question that a browser was asked.
		answers := func(h *house, b *browser, k *softkey.Key, site passkey.Site) string {
			asked := b.post("/admin/sign-in/second/passkey/question")
			if asked.status != http.StatusOK {
				h.t.Fatalf("the question: %s", asked)
			}
			k.Count++
			text, err := k.Answer([]byte(asked.text), site)
			if err != nil {
				h.t.Fatal(err)
			}
			return text
		}
		passkeyed := func(b *browser, text string) (*browser, string, func() answer) {
			return b, desk, func() answer { return b.post("/admin/sign-in/second/passkey", "answer", text) }
		}
		calm := func() { h.Later(16 * time.Minute) } // wrong codes of an account make it wait
		tryAll(t, h, []way{
			{"no ticket", func(h *house) (*browser, string, func() answer) { return second(h.browser(), "code", h.AppCode("kim")) }},
			{"a wrong ticket", func(h *house) (*browser, string, func() answer) {
				b := h.half("kim")
				return second(b.holds("steward_ticket", wrongOf(b.cookie("steward_ticket"))), "code", h.AppCode("kim"))
			}},
			{"a truncated ticket", func(h *house) (*browser, string, func() answer) {
				b := h.half("kim")
				return second(b.holds("steward_ticket", b.cookie("steward_ticket")[:20]), "code", h.AppCode("kim"))
			}},
			{"an expired ticket", func(h *house) (*browser, string, func() answer) {
				b := h.half("kim")
				ticket := b.cookie("steward_ticket")
				h.Later(10 * time.Minute)
				return second(b.holds("steward_ticket", ticket), "code", h.AppCode("kim"))
			}},
			{"a used ticket", func(h *house) (*browser, string, func() answer) {
				b := h.half("kim")
				ticket := b.cookie("steward_ticket")
				if a := b.post("/admin/sign-in/second", "code", h.AppCode("kim")); a.status != http.StatusSeeOther || !b.isIn(desk) {
					h.t.Fatalf("the right code: %s", a)
				}
				return second(h.browser().holds("steward_ticket", ticket), "code", h.AppCode("kim"))
			}},
			{"somebody else's ticket", func(h *house) (*browser, string, func() answer) {
				return second(h.half("hana"), "code", h.AppCode("kim"))
			}},
			{"a session's cookie for a ticket", func(h *house) (*browser, string, func() answer) {
				in := h.staff("hana")
				return second(h.browser().holds("steward_ticket", in.cookie("steward_staff")), "code", h.AppCode("hana"))
			}},
			{"a wrong code of the app", func(h *house) (*browser, string, func() answer) {
				calm()
				return second(h.half("kim"), "code", wrongOf(h.AppCode("kim")))
			}},
			{"a code of the app a second time", func(h *house) (*browser, string, func() answer) {
				calm()
				code, b := h.AppCode("kim"), h.half("kim")
				if a := b.post("/admin/sign-in/second", "code", code); !b.isIn(desk) {
					h.t.Fatalf("the right code: %s", a)
				}
				return second(h.half("kim"), "code", code)
			}},
			{"the code of the step before one that was used", func(h *house) (*browser, string, func() answer) {
				calm()
				older, b := h.AppCode("kim"), h.half("kim")
				if a := b.post("/admin/sign-in/second", "code", h.AppCode("kim")); !b.isIn(desk) {
					h.t.Fatalf("the right code: %s", a)
				}
				return second(h.half("kim"), "code", older)
			}},
			{"a code of two minutes ago", func(h *house) (*browser, string, func() answer) {
				calm()
				code := h.AppCode("kim")
				h.Later(2 * time.Minute)
				return second(h.half("kim"), "code", code)
			}},
			{"a right code after five wrong ones", func(h *house) (*browser, string, func() answer) {
				calm()
				b, code := h.half("kim"), h.AppCode("kim")
				for range 5 {
					b.post("/admin/sign-in/second", "code", wrongOf(code))
				}
				return second(b, "code", h.AppCode("kim"))
			}},
			{"a wrong recovery code", func(h *house) (*browser, string, func() answer) {
				calm()
				h.staff("kim")
				return second(h.half("kim"), "with", "recovery", "code", "AAAA-BBBB-CCCC-DDDD")
			}},
			{"somebody else's recovery code", func(h *house) (*browser, string, func() answer) {
				calm()
				return second(h.half("kim"), "with", "recovery", "code", theirs[0])
			}},
			{"a used recovery code", func(h *house) (*browser, string, func() answer) {
				calm()
				b := h.half("kim")
				if a := b.post("/admin/sign-in/second", "with", "recovery", "code", recovery[0]); !b.isIn(desk) {
					h.t.Fatalf("a right recovery code: %s", a)
				}
				return second(h.half("kim"), "with", "recovery", "code", recovery[0])
			}},
			{"a recovery code of a set that was replaced", func(h *house) (*browser, string, func() answer) {
				calm()
				proved(h, kims, h.Member("kim").Email, auth.RenewRecovery, op.None{})
				return second(h.half("kim"), "with", "recovery", "code", recovery[1])
			}},
			{"the code of a step-up", func(h *house) (*browser, string, func() answer) {
				calm()
				in := h.staff("kim")
				in.post("/admin/me/security/codes")
				return second(h.half("kim"), "code", h.letter("step_up_code", h.Member("kim").Email))
			}},
			{"a passkey's answer in another browser", func(h *house) (*browser, string, func() answer) {
				calm()
				text := answers(h, h.half("kim"), device, h.Site.RelyingParty())
				other := h.half("kim")
				answers(h, other, device, h.Site.RelyingParty())
				return passkeyed(other, text)
			}},
			{"a passkey's answer without its browser's cookie", func(h *house) (*browser, string, func() answer) {
				calm()
				text := answers(h, h.half("kim"), device, h.Site.RelyingParty())
				return passkeyed(h.half("kim"), text)
			}},
			{"a passkey's answer a second time", func(h *house) (*browser, string, func() answer) {
				calm()
				b := h.half("kim")
				text := answers(h, b, device, h.Site.RelyingParty())
				ceremony := b.cookie("steward_ceremony")
				if a := b.post("/admin/sign-in/second/passkey", "answer", text); !b.isIn(desk) {
					h.t.Fatalf("the right answer: %s", a)
				}
				return passkeyed(h.half("kim").holds("steward_ceremony", ceremony), text)
			}},
			{"a passkey's answer at another site", func(h *house) (*browser, string, func() answer) {
				b := h.half("kim")
				return passkeyed(b, answers(h, b, device, passkey.Site{ID: h.Site.RelyingParty().ID, Origin: "https://evil.example"}))
			}},
			{"a passkey's answer for another site", func(h *house) (*browser, string, func() answer) {
				b := h.half("kim")
				return passkeyed(b, answers(h, b, device, passkey.Site{ID: "evil.example", Origin: h.Site.RelyingParty().Origin}))
			}},
			{"a passkey that nobody made", func(h *house) (*browser, string, func() answer) {
				calm()
				b := h.half("kim")
				return passkeyed(b, answers(h, b, softkey.New("a stranger's", kims.Person), h.Site.RelyingParty()))
			}},
			{"an expired question", func(h *house) (*browser, string, func() answer) {
				calm()
				b := h.half("kim")
				text, ceremony := answers(h, b, device, h.Site.RelyingParty()), b.cookie("steward_ceremony")
				h.Later(5 * time.Minute)
				return passkeyed(b.holds("steward_ceremony", ceremony), text)
			}},
		})
	})
}

func TestWrongPasskeysOfCustomers(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		h.Customer("maya")
		_, c := h.shopper(maya)
		device, site := h.passkeyOf(c, maya), h.Site.RelyingParty()
		asked := func(h *house, b *browser, at string, site passkey.Site) string {
			q := b.post(at + "/sign-in/passkey/question")
			device.Count++
			text, err := device.Answer([]byte(q.text), site)
			if q.status != http.StatusOK || err != nil {
				h.t.Fatalf("the question: %s, %v", q, err)
			}
			return text
		}
		show := func(b *browser, text string) (*browser, string, func() answer) {
			return b, shop, func() answer { return b.post(shop+"/sign-in/passkey", "answer", text) }
		}
		tryAll(t, h, []way{
			{"in another browser", func(h *house) (*browser, string, func() answer) {
				return show(h.browser(), asked(h, h.browser(), shop, site))
			}},
			{"at another site", func(h *house) (*browser, string, func() answer) {
				b := h.browser()
				return show(b, asked(h, b, shop, passkey.Site{ID: site.ID, Origin: "http://localhost.evil.example"}))
			}},
			{"at another shop", func(h *house) (*browser, string, func() answer) {
				b := h.browser()
				text := asked(h, b, "/account/meridian", site)
				return b, "/account/meridian", func() answer { return b.post("/account/meridian/sign-in/passkey", "answer", text) }
			}},
			{"no JSON", func(h *house) (*browser, string, func() answer) {
				b := h.browser()
				asked(h, b, shop, site)
				return show(b, "{")
			}},
			{"a second time", func(h *house) (*browser, string, func() answer) {
				b := h.browser()
				text := asked(h, b, shop, site)
				ceremony := b.cookie("steward_ceremony")
				if a := b.post(shop+"/sign-in/passkey", "answer", text); !b.isIn(shop) {
					h.t.Fatalf("the right answer: %s", a)
				}
				return show(h.browser().holds("steward_ceremony", ceremony), text)
			}},
			{"a copy of the key, whose count stands still", func(h *house) (*browser, string, func() answer) {
				b := h.browser()
				device.Count -= 2
				defer func() { device.Count += 2 }()
				return show(b, asked(h, b, shop, site))
			}},
		})
	})
}

func TestWrongStepUps(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		kim, hana := h.Member("kim"), h.Member("hana")
		began := func(b *browser) string {
			h.Later(31 * time.Second)
			a := b.post("/admin/me/security/codes")
			path, _, _ := strings.Cut(a.to(), "?")
			if !strings.HasPrefix(path, "/admin/step-ups/") {
				h.t.Fatalf("no step-up: %s", a)
			}
			return path
		}
		renewed := func() int { // codes that were made
			all, err := h.Store.Read(h.t.Context()).Query("select code_hash from recovery_codes")
			if err != nil {
				h.t.Fatal(err)
			}
			defer func() { _ = all.Close() }()
			n := 0
			for all.Next() {
				n++
			}
			return n
		}
		for _, w := range []struct {
			name string
			try  func() answer
		}{
			{"wrong", func() answer {
				b := h.staff("kim")
				path := began(b)
				return b.post(path, "code", wrongOf(h.letter("step_up_code", kim.Email)))
			}},
			{"expired", func() answer {
				b := h.staff("kim")
				path := began(b)
				h.Later(5 * time.Minute)
				return b.post(path, "code", h.letter("step_up_code", kim.Email))
			}},
			{"older", func() answer {
				b := h.staff("kim")
				path := began(b)
				older := h.letter("step_up_code", kim.Email)
				began(b)
				return b.post(path, "code", older)
			}},
			{"the newer code for the older step-up", func() answer {
				h.Later(16 * time.Minute)
				b := h.staff("kim")
				path := began(b)
				began(b)
				return b.post(path, "code", h.letter("step_up_code", kim.Email))
			}},
			{"somebody else's code", func() answer {
				h.Later(16 * time.Minute)
				b, other := h.staff("kim"), h.staff("hana")
				path := began(b)
				began(other)
				return b.post(path, "code", h.letter("step_up_code", hana.Email))
			}},
			{"somebody else's step-up", func() answer {
				h.Later(16 * time.Minute)
				b, other := h.staff("kim"), h.staff("hana")
				path := began(b)
				return other.post(path, "code", h.letter("step_up_code", kim.Email))
			}},
			{"another session of the same person", func() answer {
				h.Later(16 * time.Minute)
				b, other := h.staff("kim"), h.staff("kim")
				path := began(b)
				return other.post(path, "code", h.letter("step_up_code", kim.Email))
			}},
			{"the code of the app that let them in", func() answer {
				h.Later(16 * time.Minute)
				b, code := h.half("kim"), h.AppCode("kim")
				b.post("/admin/sign-in/second", "code", code)
				return b.post(began(b), "code", code)
			}},
			{"right, after five wrong ones", func() answer {
				h.Later(16 * time.Minute)
				b := h.staff("kim")
				path := began(b)
				code := h.letter("step_up_code", kim.Email)
				for range 5 {
					b.post(path, "code", wrongOf(code))
				}
				return b.post(path, "code", code)
			}},
		} {
			before := renewed()
			if a := w.try(); a.status < 400 || a.status >= 500 {
				t.Errorf("%s: %s", w.name, a)
			}
			if renewed() != before {
				t.Errorf("%s: and yet it was done", w.name)
			}
		}
		h.Later(16 * time.Minute)
		b := h.staff("kim")
		path := began(b)
		code := h.letter("step_up_code", kim.Email)
		if a := b.post(path, "code", code); a.status != http.StatusOK || renewed() != 10 {
			t.Fatalf("the right code: %s", a)
		}
		h.unchanged(t, func() {
			if a := b.post(path, "code", code); a.status < 400 {
				t.Errorf("used: %s", a)
			}
		})
	})
}

func TestTheRightWaysOpen(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		h.Customer("maya")
		if b, _ := h.shopper(maya); !b.isIn(shop) || b.isIn(desk) {
			t.Error("a code does not open one's account, or opens more")
		}
		if b := h.staff("kim"); !b.isIn(desk) || b.isIn(shop) {
			t.Error("a password and a code do not open the desk, or open more")
		}
		if h.account(h.Customer("maya")).Status != user.Active {
			t.Error("she is not active")
		}
	})
}
