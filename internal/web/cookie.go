package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
)

// Cookies are __Host- over https. Over plain http on loopback that prefix is not allowed, so they have their plain names there.

func (s *Site) cookieName(name string) string {
	if s.Secure() {
		return "__Host-" + name
	}
	return name
}

func (s *Site) token(r *http.Request, name string) string { return s.cookie(r, "steward_"+name) }

// eyesOf is the name of the cookie of an impersonation, beside that of a session of one's own at the same screens.
func eyesOf(a session.Audience) string { return string(a) + "_eyes" }

func (s *Site) cookie(r *http.Request, name string) string {
	c, err := r.Cookie(s.cookieName(name))
	if err != nil || len(c.Value) > 200 {
		return ""
	}
	return c.Value
}

// SignedIn gives the browser its new session. What it showed before is worth nothing any more.
func (v *Visit) SignedIn(a session.Audience, s auth.Signed) {
	v.setCookie("steward_"+string(a), s.Token, s.Ends)
	if s.Known != "" {
		v.setCookie(deviceCookie(a, s.User), s.Known, v.Site.Door.Now().AddDate(1, 0, 0))
	}
}

// LooksThrough gives the browser the session of an impersonation. A session of one's own at the same screens waits until it is over.
func (v *Visit) LooksThrough(s auth.Signed) { v.setCookie("steward_"+eyesOf(s.For), s.Token, s.Ends) }

const devicePrefix = "steward_device_"

// deviceCookie is the name of the cookie that makes this browser a known device of one person: each has their own, so that several
// people on one browser do not push each other out. The name tells nobody who they are.
func deviceCookie(a session.Audience, u user.ID) string {
	return devicePrefix + secret.HashToken(string(a) + " " + string(u))[:12]
}

// SignedOut takes the session's cookie back.
func (v *Visit) SignedOut(a session.Audience) { v.setCookie("steward_"+string(a), "", time.Unix(1, 0)) }

// KnownDevice is the cookies of this browser that make it a known device of somebody, separated by spaces.
func (v *Visit) KnownDevice() string {
	var tokens []string
	for _, c := range v.R.Cookies() {
		if strings.HasPrefix(c.Name, v.Site.cookieName(devicePrefix)) && len(c.Value) <= 200 {
			tokens = append(tokens, c.Value)
		}
	}
	return strings.Join(tokens, " ")
}

func (v *Visit) setCookie(name, value string, until time.Time) {
	life := int(until.Sub(v.Site.Door.Now()) / time.Second) // relative, because the browser's clock may be another
	if life <= 0 {
		life = -1
	}
	http.SetCookie(v.W, &http.Cookie{
		Name: v.Site.cookieName(name), Value: value, Path: "/", MaxAge: life,
		HttpOnly: true, Secure: v.Site.Secure(), SameSite: http.SameSiteLaxMode,
	})
}

// Keep holds a value in the browser for a few minutes, out of the address bar and of every log: the token of a link, while the
// form behind it is filled in.
func (v *Visit) Keep(name, value string, life time.Duration) {
	v.setCookie("steward_"+name, value, v.Site.Door.Now().Add(life))
}

// Kept reads it back.
func (v *Visit) Kept(name string) string { return v.Site.cookie(v.R, "steward_"+name) }

// Drop takes it out of the browser.
func (v *Visit) Drop(name string) { v.setCookie("steward_"+name, "", time.Unix(1, 0)) }

// TakeToken takes the token of a link out of the address, into what the browser keeps, and leads to the same page without it: opening
// a link uses nothing up, because mail scanners open links too, and a token stands in no history, no referrer and no log. True: the
// visit is answered. What cannot be a token is kept as one that is none.
func (v *Visit) TakeToken(name string, life time.Duration) bool {
	token := v.R.URL.Query().Get("token")
	if token == "" {
		return false
	}
	if len(token) > 100 || strings.ContainsFunc(token, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' && r != '_'
	}) {
		token = "none"
	}
	v.Keep(name, token, life)
	v.Redirect(v.R.URL.Path)
	return true
}
