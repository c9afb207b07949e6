package ui

import "time"

// OwnSession is a session as its person sees it.
type OwnSession struct {
	ID, Device, Place, IP string
	Seen                  time.Time
	Current               bool
}

func othersAction(base string, all []OwnSession) []Action {
	acts := []Action{{Label: "Sign-in history", Icon: "history", Href: base + "/history"}}
	if len(all) > 1 {
		acts = append(acts, Action{Label: "End all others", Icon: "logout", Post: base + "/sessions/others/end"})
	}
	return acts
}
