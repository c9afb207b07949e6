package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/export"
	"github.com/stewardhq/steward/internal/kernel/jobs"
)

// TestThePageForNewcomersIsTrue runs the commands of docs/api.md, one after the other, and compares the answers with those that
// stand there. An answer on the page may leave members out; "…" is anything.
func TestThePageForNewcomersIsTrue(t *testing.T) {
	d := one(t)
	page, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	shell := map[string]string{
		"STEWARD": "", "KEY": d.key("ines", d.brand("aurora")), "BRAND": string(d.Place("aurora").ID),
	}
	examples := regexp.MustCompile("(?s)```sh\n(.*?)```\n\n```http\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(examples) < 10 || len(examples) != strings.Count(string(page), "curl -i") {
		t.Fatalf("%d examples were found, of %d commands", len(examples), strings.Count(string(page), "curl -i"))
	}
	for _, e := range examples {
		c := read(t, e[1], shell)
		r := d.call("", c.method, c.path, c.body, c.headers...)
		compare(t, e[1], e[2], r)
		learn(d, r, shell)
	}
}

// curl is what a command of the page sends.
type curl struct {
	method, path, body string
	headers            []string
}

func read(t *testing.T, command string, shell map[string]string) curl {
	t.Helper()
	c := curl{method: http.MethodGet}
	words := split(t, command, shell)
	for i := 1; i < len(words); i++ {
		switch w := words[i]; w {
		case "-i", "-g":
		case "-X":
			i++
			c.method = words[i]
		case "-H":
			i++
			name, value, _ := strings.Cut(words[i], ": ")
			c.headers = append(c.headers, name, value)
		case "-d":
			i++
			c.body = words[i]
			if c.method == http.MethodGet {
				c.method = http.MethodPost
			}
		default:
			c.path = w
		}
	}
	return c
}

// split reads the words of a command as a shell does, as far as the page uses it.
func split(t *testing.T, command string, shell map[string]string) (words []string) {
	t.Helper()
	command = strings.ReplaceAll(strings.TrimSpace(command), "\\\n", " ")
	var word strings.Builder
	quote, open := byte(0), false
	for i := 0; i < len(command); i++ {
		switch ch := command[i]; {
		case quote != 0 && ch == quote:
			quote = 0
		case quote == 0 && (ch == '\'' || ch == '"'):
			quote, open = ch, true
		case quote != '\'' && ch == '$':
			end := i + 1
			for end < len(command) && (command[end] == '_' || command[end] >= 'A' && command[end] <= 'Z') {
				end++
			}
			value, known := shell[command[i+1:end]]
			if !known {
				t.Fatalf("the page uses $%s before it is known", command[i+1:end])
			}
			word.WriteString(value)
			i, open = end-1, true
		case quote == 0 && (ch == ' ' || ch == '\n'):
			if open {
				words = append(words, word.String())
			}
			word.Reset()
			open = false
		default:
			word.WriteByte(ch)
			open = true
		}
	}
	return append(words, word.String())
}

func compare(t *testing.T, command, want string, r reply) {
	t.Helper()
	head, body, _ := strings.Cut(want, "\n\n")
	lines := strings.Split(head, "\n")
	if got := fmt.Sprintf("HTTP/1.1 %d %s", r.Code, http.StatusText(r.Code)); got != lines[0] {
		t.Fatalf("%s\nanswers %s: %s\nthe page says %s", command, got, r.Body, lines[0])
	}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		if got := r.Header().Get(name); got != value {
			t.Errorf("%s\nanswers %s: %s, the page says %s", command, name, got, value)
		}
	}
	if body == "" {
		if r.Body.Len() > 0 {
			t.Errorf("%s\nanswers %s, the page says nothing", command, r.Body)
		}
		return
	}
	var wanted any
	if err := json.Unmarshal([]byte(body), &wanted); err != nil {
		t.Fatalf("the page's answer to\n%s\nis no JSON: %v", command, err)
	}
	var got any
	if err := json.Unmarshal(r.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if where := differs("", wanted, got); where != "" {
		t.Errorf("%s\nanswers otherwise than the page says at %s: %s", command, where, r.Body)
	}
}

// differs names the first place where got lacks what is wanted.
func differs(at string, wanted, got any) string {
	switch w := wanted.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		for name := range w {
			if where := differs(at+"."+name, w[name], g[name]); where != "" {
				return where
			}
		}
	case []any:
		g, _ := got.([]any)
		if len(g) != len(w) {
			return at
		}
		for i := range w {
			if where := differs(fmt.Sprintf("%s.%d", at, i), w[i], g[i]); where != "" {
				return where
			}
		}
	case string:
		g, _ := got.(string)
		if prefix, any := strings.CutSuffix(w, "…"); any && strings.HasPrefix(g, prefix) && g != "" || g == w {
			return ""
		}
		return at
	default:
		if wanted != got {
			return at
		}
	}
	return ""
}

// learn keeps what the page tells its reader to keep: of answers, and of the mail that followed. What is made in the background is
// made here, and time goes on, because codes are mailed every half minute at most.
func learn(d *desk, r reply, shell map[string]string) {
	if r.Body.Len() == 0 {
		return
	}
	keep := func(name, value string) {
		if value != "" {
			shell[name] = value
		}
	}
	switch id := r.text("id"); {
	case strings.HasPrefix(id, "usr_"):
		shell["CUSTOMER"] = id
	case strings.HasPrefix(id, "inv_"):
		shell["INVITATION"] = id
	case strings.HasPrefix(id, "exp_") && r.Code == http.StatusAccepted:
		shell["EXPORT"] = id
		if err := d.Exports.Make(d.t.Context(), &jobs.Job[export.Make]{Args: export.Make{Export: export.ID(id)}, Attempt: 1, Attempts: 1}); err != nil {
			d.t.Fatal(err)
		}
	}
	keep("HANDLE", r.text("handle"))
	switch state := r.text("state"); state {
	case "code_sent", "mail_sent":
		letter := d.Mails()[0].Letter
		_, token, _ := strings.Cut(letter.Path, "token=")
		keep("TOKEN", token)
		keep("MAILED", letter.Code)
		keep("SIGN_IN", r.text("id"))
	case "signed_in":
		keep("SESSION", r.text("session"))
	}
	if id := r.text("step_up"); id != "" {
		shell["STEP_UP"], shell["CODE"] = id, d.Code()
		d.Later(31 * time.Second)
	}
}
