package entry

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/invite"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
)

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
