package entry

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

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
