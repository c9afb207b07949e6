package ui

import (
	"net/url"
	"strings"
	"time"
)

// NewAppProps is an authenticator app on its way to be a second factor.
type NewAppProps struct {
	Link, Groups, Secret string // the secret for a camera, to be typed, and to be copied
	Action               string
	Sends                []Hidden
	Do                   string
	Problem              string // with the code
	Named                bool   // asks for a name
	Name                 string
	NameError            string
}

// What is said wherever an app is added or codes are shown.
const (
	CodesTitle   = "Keep your recovery codes"
	WrongNewCode = "That code is not right. Type the six digits that the app shows now; if they stay wrong, check the time of your phone."
)

// CodesProps is a set of recovery codes, shown once.
type CodesProps struct {
	Codes []string
	On    string // where to go on
	Do    string
}

// text is the set as a file to keep.
func (p CodesProps) text() string {
	return "Recovery codes for Steward\n\nEach is good once, in place of your authenticator app or passkey.\nKeep them where only you find them.\n\n" +
		strings.Join(p.Codes, "\n") + "\n"
}

// file is the text as an address: the codes are kept nowhere from which they could be downloaded.
func (p CodesProps) file() string {
	return "data:text/plain;charset=utf-8," + strings.ReplaceAll(url.QueryEscape(p.text()), "+", "%20")
}

// SecurityProps is how one's own account is protected.
type SecurityProps struct {
	App      bool // drawn in an own account or the company panel, not at the desk
	At       string
	Clock    Clock
	Fact     string
	Problem  []Run
	Email    string         // the address that one signs in with; empty where another page shows it
	EmailTo  string         // where it is changed
	Password *PasswordState // nil: no passwords here
	Apps     []Factor
	Passkeys []Factor
	Codes    CodesState
}

// PasswordState is whether there is a password, and since when.
type PasswordState struct {
	Has   bool
	SetAt time.Time
}

// Factor is an authenticator app or a passkey as its person sees it.
type Factor struct {
	ID, Name string
	Synced   bool // a passkey that the device's maker copies to other devices
	Made     time.Time
	Used     time.Time // zero: never
}

// CodesState is what is left of the recovery codes.
type CodesState struct {
	Made      time.Time
	Left, All int64
	Used      []time.Time
	Possible  bool // there is a second factor that they stand in for
}

func (p SecurityProps) passwordWords() string {
	switch {
	case !p.Password.Has:
		return "You have none: you sign in with a code that we mail you, or with a passkey."
	case p.Password.SetAt.IsZero():
		return "You have one."
	}
	return "Last changed on " + p.Clock.Date(p.Password.SetAt) + "."
}

func (p SecurityProps) passwordAction() []Action {
	label := "Change"
	if !p.Password.Has {
		label = "Set a password"
	}
	return []Action{{Label: label, About: "password", Icon: "pencil", Href: p.At + "/password", Small: true}}
}

func (p SecurityProps) addApp() []Action {
	return []Action{{Label: "Add an app", Icon: "plus", Post: p.At + "/apps", Small: true}}
}

func (p SecurityProps) addPasskey() []Action {
	return []Action{{Label: "Add a passkey", Icon: "plus", Href: p.At + "/passkeys/new", Small: true}}
}

func (p SecurityProps) renew() []Action {
	if !p.Codes.Possible {
		return nil
	}
	label := "Make new codes"
	if p.Codes.All == 0 {
		label = "Make recovery codes"
	}
	return []Action{{Label: label, Icon: "refresh", Post: p.At + "/codes", Small: true}}
}

// codesLeft says how many recovery codes there are, and since when.
func (p SecurityProps) codesLeft() string {
	c := p.Codes
	if c.All == 0 {
		if !c.Possible {
			return "They stand in for an authenticator app or a passkey that is lost. You have neither yet."
		}
		return "You have none. Without them, somebody has to reset your second factor when you lose it."
	}
	made := p.Clock.Date(c.Made)
	if c.Left == 0 {
		return "All " + Count(c.All) + " of " + made + " are used up. Make new ones."
	}
	return Count(c.Left) + " of " + Count(c.All) + " are left, made " + made + ". Each lets you in once when your app or passkey is lost."
}

func (f Factor) buttons(at string) []Action {
	return []Action{
		{Label: "Rename", About: f.Name, Href: at + "/" + f.ID + "/name", Small: true},
		{Label: "Remove", About: f.Name, Post: at + "/" + f.ID + "/remove", Small: true},
	}
}
