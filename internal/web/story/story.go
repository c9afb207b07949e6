// Package story shows every component of internal/web/ui with prepared data, and the key pages whole, so
// that a page author can look and copy. People, addresses and numbers are invented; nothing is queried.
//
//	go run ./internal/web/story/show     then open http://127.0.0.1:8090/story/
//
// pages.templ holds the demonstrations of whole pages, parts.templ every part by itself, people.go the data.
package story

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/web/ui"
)

// Prefix is where Handler must be mounted.
const Prefix = "/story/"

// Handler serves the storybook: every page takes ?theme=light, dark or auto.
func Handler() http.Handler {
	mux := http.NewServeMux()
	page := func(path string, draw func(*http.Request) templ.Component) {
		mux.HandleFunc("GET "+Prefix+path, func(w http.ResponseWriter, r *http.Request) { write(w, r, http.StatusOK, draw(r)) })
	}
	page("{$}", func(r *http.Request) templ.Component { return parts(frame(r, "", "Parts")) })
	page("customers", func(r *http.Request) templ.Component {
		return customersPage(frame(r, "customers", "Customers"), address(r, "-last_order"))
	})
	page("users", func(r *http.Request) templ.Component {
		return usersPage(frame(r, "users", "Users"), address(r, "-last_login"))
	})
	page("customer", func(r *http.Request) templ.Component {
		return customerPage(frame(r, "customers", "Ada Okafor"), r.URL.Query().Get("tab"))
	})
	page("customer-shop-manager", func(r *http.Request) templ.Component { return shopManagerPage(narrowFrame(r)) })
	page("audit", func(r *http.Request) templ.Component {
		return auditPage(frame(r, "audit", "Audit log"), address(r, ""))
	})
	page("empty", func(r *http.Request) templ.Component { return emptyPage(frame(r, "users", "Users"), address(r, "")) })
	page("add-user", func(r *http.Request) templ.Component { return addUserPage(frame(r, "users", "Add user")) })
	page("overview", func(r *http.Request) templ.Component { return overviewPage(frame(r, "overview", "Overview")) })
	page("signin", func(r *http.Request) templ.Component { return signInPage(blank(r, "Sign in", false)) })
	page("setup", func(r *http.Request) templ.Component { return setupPage(blank(r, "Set up", true)) })
	page("code", func(r *http.Request) templ.Component { return codePage(blank(r, "Check your e-mail", false)) })
	page("total", func(*http.Request) templ.Component { return ui.PagerTotal("19,304", true) })
	page("fact", func(*http.Request) templ.Component { return ui.HeadFact("1,284 of 24,618 match", "") })
	page("error/{status}", func(r *http.Request) templ.Component {
		status, _ := strconv.Atoi(r.PathValue("status")) // anything else shows the words for 500
		return errorPage(frame(r, "", "Error"), status)
	})
	mux.HandleFunc("GET "+Prefix+"step-up", stepUp)
	mux.HandleFunc("POST "+Prefix+"step-up", stepUp)
	mux.HandleFunc("GET "+Prefix+"deactivate", deactivate)
	mux.HandleFunc("POST "+Prefix+"deactivate", deactivated)
	mux.HandleFunc("POST "+Prefix+"theme", theme)
	mux.HandleFunc("POST "+Prefix+"done", done)
	return mux
}

// stepUp shows the pattern of a dialog: a page without script, a fragment for htmx, and after a wrong code
// the same with its error and status 422.
func stepUp(w http.ResponseWriter, r *http.Request) {
	p, status := stepUpProps(), http.StatusOK
	if r.Method == http.MethodPost {
		p.Error = "That code is not right. Type the one from the latest e-mail. 4 tries left."
		status = http.StatusUnprocessableEntity
	}
	if ui.WantsFragment(r) {
		write(w, r, status, ui.StepUpDialog(p))
		return
	}
	write(w, r, status, stepUpPage(frame(r, "customers", "Confirm"), p))
}

func deactivate(w http.ResponseWriter, r *http.Request) {
	if ui.WantsFragment(r) {
		write(w, r, http.StatusOK, deactivateDialog())
		return
	}
	write(w, r, http.StatusOK, deactivatePage(frame(r, "customers", "Deactivate")))
}

// deactivated fails for the reason "fail", to show what becomes of an answer that is no dialog.
func deactivated(w http.ResponseWriter, r *http.Request) {
	if r.PostFormValue("reason") == "fail" {
		write(w, r, http.StatusServiceUnavailable, errorPage(frame(r, "", "Error"), http.StatusServiceUnavailable))
		return
	}
	done(w, r)
}

// done is what a page answers when a dialog's change went through: the page again, as it is now.
func done(w http.ResponseWriter, r *http.Request) {
	ui.Redirect(w, r, Prefix+"customer")
}

func theme(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: "story_theme", Value: string(themeOf(r.PostFormValue("theme"))), Path: Prefix, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	back := r.PostFormValue("back")
	if !strings.HasPrefix(back, Prefix) {
		back = Prefix
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}

func write(w http.ResponseWriter, r *http.Request, status int, c templ.Component) {
	h := w.Header()
	h.Set("Content-Security-Policy", ui.CSP)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "HX-Request-Type")
	templ.Handler(c, templ.WithStatus(status)).ServeHTTP(w, r)
}

func themeOf(name string) ui.Theme {
	switch t := ui.Theme(name); t {
	case ui.Light, ui.Dark:
		return t
	}
	return ui.Auto
}

func chosen(r *http.Request) ui.Theme {
	if asked := r.URL.Query().Get("theme"); asked != "" {
		return themeOf(asked)
	}
	if c, err := r.Cookie("story_theme"); err == nil {
		return themeOf(c.Value)
	}
	return ui.Light
}

func address(r *http.Request, sort string) ui.Address {
	return ui.Address{Path: r.URL.Path, Query: r.URL.Query(), Sort: sort}
}
