package ui

import "time"

// OwnSession is a session as its person sees it.
type OwnSession struct {
	ID, Device, Place, IP string
	Seen                  time.Time
	Current               bool
}

func othersAction(base string, all []OwnSession) []Action {
	if len(all) < 2 {
		return nil
	}
	return []Action{{Label: "End all others", Icon: "logout", Post: base + "/sessions/others/end"}}
}
