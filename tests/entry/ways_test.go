package entry

import (
	"net/http"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
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
