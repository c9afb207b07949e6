package app

import (
	"net/http"

	"github.com/stewardhq/steward/internal/api"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/account"
	"github.com/stewardhq/steward/internal/web/admin"
	"github.com/stewardhq/steward/internal/web/devmail"
	"github.com/stewardhq/steward/internal/web/portal"
	"github.com/stewardhq/steward/internal/web/ui"
)

// Handler is everything that the installation answers.
func (a *App) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /static/", ui.Static())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "up\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := a.Store.Ping(r.Context()); err != nil {
			answer(w, http.StatusServiceUnavailable, "the database does not answer\n")
			return
		}
		answer(w, http.StatusOK, "ready\n")
	})
	admin.Routes(a.Site, mux)
	account.Routes(a.Site, mux)
	portal.Routes(a.Site, mux)
	devmail.Routes(a.Site, mux)
	api.Routes(api.Deps{
		Door: a.Door, Desk: a.Desk, Master: a.Master, Log: a.Log, IP: a.Site.IP, Number: web.Number, Link: a.Site.Link, Checkpoints: a.Config.checkpoints(), Exports: a.Exports,
	}, mux)
	return a.counts.count(a.Site.Guard(mux))
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}
