// Package devmail is /dev/mail: the demo's own mailbox. It shows every mail that the demo would have sent, with links and codes,
// to everybody who can reach the demo. Outside the demo its pages do not exist, and neither does the query that they read with.
//
// After editing a .templ file, from the root: go tool -modfile=tools/go.mod templ generate -path internal/web
package devmail

import (
	"net/http"
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

// Routes hangs the mailbox up in the demo; elsewhere it does nothing.
func Routes(site *web.Site, mux *http.ServeMux) {
	if site.Demo == nil {
		return
	}
	mux.Handle("GET /dev/mail", site.Anyone(list))
	mux.Handle("GET /dev/mail/{mail}", site.Anyone(show))
	mux.Handle("GET /dev/mail/{mail}/html", site.Anyone(asHTML))
}

// shown is how many mails the list has.
const shown = 100

// every is how often the list reads itself again when asked to.
const every = "5"

func list(v *web.Visit) error {
	mails, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, mailing.Latest, shown)
	if err != nil {
		return err
	}
	follows := v.R.URL.Query().Get("follow") == "1"
	if follows {
		v.W.Header().Set("Refresh", every)
	}
	return v.Render(http.StatusOK, ui.Wrapped(ui.BlankProps{Title: "Mail of the demo", Wide: true}, mailbox(v.Clock(), mails, follows)))
}

func find(v *web.Visit) (mailing.Read, error) {
	mails, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, mailing.Latest, shown)
	for _, m := range mails {
		if m.ID == v.R.PathValue("mail") {
			return m, nil
		}
	}
	if err == nil {
		err = errs.ErrNotFound
	}
	return mailing.Read{}, err
}

func show(v *web.Visit) error {
	m, err := find(v)
	if err != nil {
		return err
	}
	text, _, err := mailing.Render(m.Letter, v.Site.Public.String())
	if err != nil {
		return err
	}
	return v.Render(http.StatusOK, ui.Wrapped(ui.BlankProps{Title: m.Letter.Subject, Wide: true}, letter(v.Clock(), m, text)))
}

// asHTML shows a mail as a mail program would. Mail has its styles inline, so this page alone allows them, and nothing else.
func asHTML(v *web.Visit) error {
	m, err := find(v)
	if err != nil {
		return err
	}
	_, html, err := mailing.Render(m.Letter, v.Site.Public.String())
	if err != nil {
		return err
	}
	v.W.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'")
	v.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err = v.W.Write([]byte(html))
	return err
}

func madeAt(m mailing.Read) time.Time { return time.UnixMilli(m.MadeAt) }
