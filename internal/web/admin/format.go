package admin

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web/ui"
)

// statusKind is the colour of an account's status, which always stands beside its word.
func statusKind(s user.Status) ui.Kind {
	switch s {
	case user.Active:
		return ui.Good
	case user.Suspended:
		return ui.Warn
	case user.Banned:
		return ui.Bad
	case user.Invited:
		return ui.Info
	}
	return ui.Mute
}

// hollow marks what is on the way or not in use.
func hollow(s user.Status) bool { return s == user.Invited || s == user.Deactivated }

func statusCell(s user.Status) templ.Component { return ui.Status(statusKind(s), s.Label(), hollow(s)) }

// notActive is a status that is worth saying beside a name.
func notActive(s user.Status) string {
	if s == user.Active {
		return ""
	}
	return s.Label()
}

func verified(has, is bool) ui.VerifiedState {
	switch {
	case is:
		return ui.VerifiedYes
	case has:
		return ui.Unverified
	}
	return ui.Absent
}

// roleName is a role for people; somebody without one is a customer, or nothing.
func roleName(key string) string {
	if r, ok := access.BuiltInRole(key); ok {
		return r.Name
	}
	if key == "customer" {
		return "Customer"
	}
	return key
}

// mailBeside is an address beside a name. Who has no name is called by the address already.
func mailBeside(name, email string) string {
	if name == "" {
		return ""
	}
	return email
}

// moment is epoch milliseconds as a time.
func moment(ms int64) time.Time { return time.UnixMilli(ms) }

// share is hundredths of a percent: "60%", "33.3%".
func share(hundredths int64) string { return ui.Percent(hundredths, 10_000) }

// day is a moment as a day, or nothing where there is none.
func day(c ui.Clock, ms int64) templ.Component {
	if ms == 0 {
		return ui.NoFigure("Never")
	}
	return ui.On(c, moment(ms))
}

// born is a birthday as people write it: 20 Apr 1990.
func born(iso string) string {
	t, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return iso
	}
	return t.Format("2 Jan 2006")
}

// oneLine puts the lines of an address beside each other.
func oneLine(lines string) string {
	return strings.Join(strings.FieldsFunc(lines, func(r rune) bool { return r == '\n' || r == '\r' }), ", ")
}

// firstName is how a person is called in a sentence about them.
func firstName(u *user.User, title string) string {
	if u.FirstName != "" {
		return u.FirstName
	}
	return title
}

// shortHash is the beginning of a hash, in fours: c81e 33f0 9a17 5d42.
func shortHash(hex string) string {
	var parts []string
	for i := 0; i+4 <= len(hex) && i < 16; i += 4 {
		parts = append(parts, hex[i:i+4])
	}
	return strings.Join(parts, " ")
}

func initialUpper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
