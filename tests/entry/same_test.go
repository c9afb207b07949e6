package entry

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// outwardly is an answer as somebody outside compares it: all of it, but its date, its number, and what is random in every answer.
func outwardly(a answer, typed string) string {
	var b strings.Builder
	b.WriteString(http.StatusText(a.status) + "\n")
	for _, name := range slices.Sorted(maps.Keys(a.header)) {
		if name == "Date" || name == "X-Request-Id" {
			continue
		}
		for _, v := range a.header[name] {
			b.WriteString(name + ": " + v + "\n")
		}
	}
	text := b.String() + a.text
	text = requestNumber.ReplaceAllString(text, "req_")
	text = randomCookie.ReplaceAllString(text, "$1=random;")
	return strings.ReplaceAll(text, typed, "typed@example.org")
}

var (
	requestNumber = regexp.MustCompile(`req_[A-Z2-7]{16}`)
	randomCookie  = regexp.MustCompile(`(steward_(?:code_account|code_company|code_to_account|code_to_company|registered))=[^;]{20,};`)
)

func TestKnownAndUnknownAccountsAreAnsweredTheSame(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		h.Customer("maya")
		h.buyer()
		h.Later(apart)
		for _, w := range []struct {
			what, path string
			known      []string // of as many lengths as there are: what is random in an answer has always the same
			unknown    []string
			form       []string
		}{
			{"the desk's sign-in", "/admin/sign-in", []string{h.Member("kim").Email, h.Member("ada").Email, "edwin.marsh@example.com"}, []string{"nobody@aurora.example", "x@y.example"}, []string{"password", "wrong wrong wrong"}},
			{"a shop's sign-in", shop + "/sign-in", []string{maya, jose, "edwin.marsh@example.com", "tariq.hussain@example.com"}, []string{"nobody@example.com"}, []string{"password", "wrong wrong wrong"}},
			{"a code", shop + "/sign-in", []string{maya, jose, "edwin.marsh@example.com"}, []string{"nobody@example.com"}, []string{"by", "code"}},
			{"a code of companies", "/app/aurora/sign-in", []string{"g.olsson@brightwell.example", maya}, []string{"nobody@example.com"}, nil},
			{"the desk's new password", "/admin/sign-in/forgot", []string{h.Member("kim").Email, h.Member("ada").Email, maya}, []string{"nobody@aurora.example"}, nil},
			{"a shop's new password", shop + "/sign-in/forgot", []string{maya, "edwin.marsh@example.com"}, []string{"nobody@example.com"}, nil},
			{"registering", shop + "/sign-up", []string{maya, "edwin.marsh@example.com", h.Member("kim").Email}, []string{"nobody@example.com"}, []string{"first_name", "New", "last_name", "Comer", "password", fresh}},
		} {
			h.Later(apart) // limits of one address hold wherever it is tried
			want := ""
			for _, email := range append(slices.Clone(w.unknown), w.known...) {
				b := h.browser()
				a := b.post(w.path, append([]string{"email", email}, w.form...)...)
				got := outwardly(a, email)
				if want == "" {
					want = got
				}
				if got != want {
					t.Errorf("%s: %s is answered otherwise than %s:\n%s\n%s", w.what, email, w.unknown[0], differing(got, want), differing(want, got))
				}
				// and the page behind
				if a.status == http.StatusSeeOther {
					if next := b.get(a.to()); next.status != http.StatusOK {
						t.Errorf("%s: %s leads to %s", w.what, email, next)
					}
				}
			}
		}
	})
}

// differing is where two texts begin to differ.
func differing(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return "…" + a[max(0, i-80):min(len(a), i+120)]
}

// Nor does the fifth wrong try tell an account from none: waiting is not told.
func TestWaitingIsNotToldToStrangers(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		h.Customer("maya")
		answers := map[string][]string{}
		for _, email := range []string{h.Member("kim").Email, "nobody@aurora.example"} {
			for range 8 {
				a := h.browser().post("/admin/sign-in", "email", email, "password", "wrong wrong wrong")
				answers["desk "+email] = append(answers["desk "+email], outwardly(a, email))
			}
		}
		for _, email := range []string{maya, "nobody@example.com"} {
			b := h.browser()
			h.Later(apart)
			b.post(shop+"/sign-in", "by", "code", "email", email)
			for range 7 {
				answers["shop "+email] = append(answers["shop "+email], outwardly(b.post(shop+"/sign-in/code", "code", "00000000"), email))
			}
			// a second one at once is too early for both
			answers["again "+email] = append(answers["again "+email], outwardly(h.browser().post(shop+"/sign-in", "by", "code", "email", email), email))
		}
		for _, pair := range [][2]string{
			{"desk " + h.Member("kim").Email, "desk nobody@aurora.example"}, {"shop " + maya, "shop nobody@example.com"}, {"again " + maya, "again nobody@example.com"},
		} {
			for i := range answers[pair[0]] {
				if a, b := answers[pair[0]][i], answers[pair[1]][i]; a != b {
					t.Errorf("%s and %s, try %d:\n%s\n%s", pair[0], pair[1], i+1, differing(a, b), differing(b, a))
				}
			}
		}
	})
}
