package entry

import (
	"net/http"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/auth/passkey"
	"github.com/stewardhq/steward/internal/auth/passkey/softkey"
	"github.com/stewardhq/steward/internal/kernel/op"
)

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
