package api

import (
	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/invite"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
)

type (
	userPath struct {
		User user.ID `path:"user" json:"-" description:"Id of the account."`
	}
	userChange struct {
		userPath
		personChange
	}
	// assignment is a role with the places at which it holds.
	assignment struct {
		Role      string                 `json:"role" required:"true" example:"hub_admin" description:"Key of a staff role; customer ends the staff grants."`
		Brand     string                 `json:"brand,omitempty" description:"Where it holds: a brand's id or short name, or platform. The key's own brand when left out."`
		Locations []brand.LocationID     `json:"locations,omitempty" description:"Only these of the brand; all when left out."`
		Places    []rolePlace            `json:"places,omitempty" description:"Instead of brand and locations: several places, for an account of the platform."`
		Levels    map[string]levelChoice `json:"levels,omitempty" description:"What differs from the role, by area."`
		From      Time                   `json:"from,omitzero"`
		Until     Time                   `json:"until,omitzero"`
	}
	rolePlace struct {
		Brand     string             `json:"brand" required:"true" description:"A brand's id or short name, or platform."`
		Locations []brand.LocationID `json:"locations,omitempty" description:"Only these of the brand; all when left out."`
	}
	levelChoice struct {
		Level  access.Level `json:"level" enum:"none,view,edit"`
		Single []string     `json:"single,omitempty" description:"Permissions of the area beside the level."`
	}
	roleChange struct {
		userPath
		assignment
		Reason string `json:"reason,omitempty"`
	}
	addUser struct {
		Email     string `json:"email" required:"true" example:"sam@aurora.example"`
		FirstName string `json:"first_name,omitempty" example:"Sam"`
		LastName  string `json:"last_name,omitempty" example:"Reed"`
		Home      string `json:"home,omitempty" description:"Where the account belongs: the brand of its role, or platform for who works in several. The one brand when left out."`
		assignment
		sending
	}
	sessionPath struct {
		userPath
		Session string `path:"session" json:"-" description:"Id of the session."`
	}
	sessionList struct {
		userPath
		Page
	}
)

// NewUser is somebody who was just added, with their invitation.
type NewUser struct {
	ID         user.ID `json:"id" example:"usr_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Invitation string  `json:"invitation" example:"inv_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	URL        string  `json:"invitation_url,omitempty" description:"Only with send false, and only this once: where the person chooses a password. Hand it to nobody else."`
}

// UserStatus is where an account is in its life.
type UserStatus struct {
	ID     user.ID     `json:"id" example:"usr_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Status user.Status `json:"status" enum:"invited,active,deactivated,suspended,banned,archived,erased"`
}

func users(t *table) {
	Query(t, "GET /v1/users", directory.Users,
		func(c *Call, w peopleList) (directory.Ask, error) { b, err := c.Home(w.Named); return w.ask(b), err },
		func(c *Call, w peopleList, p *directory.Page) (List[UserRow], error) {
			return people[UserRow](c, w, p, directory.UsersTotal)
		}, filtered(filtersOf(directory.UserFields)))
	Action(t, "POST /v1/users", account.Add,
		func(c *Call, w addUser) (account.NewStaff, error) { return w.read(c) },
		func(c *Call, _ addUser, a account.Added) (NewUser, error) {
			c.at("/v1/users/" + string(a.User))
			n := NewUser{ID: a.User, Invitation: a.Invitation}
			if a.Token != "" {
				n.URL = c.Link(invite.Path(a.Token))
			}
			return n, nil
		}, created)
	Query(t, "GET /v1/users/{user}", directory.Show,
		func(_ *Call, w userPath) (user.ID, error) { return w.User, nil },
		func(c *Call, _ userPath, p *directory.Profile) (Person, error) {
			c.etag = p.User.Version
			return showPerson(p), nil
		}, tagged, says("Show an account"))
	Action(t, "PATCH /v1/users/{user}", account.Edit,
		func(c *Call, w userChange) (account.Changes, error) { return w.changes(c, w.User), nil },
		func(c *Call, w userChange, _ op.None) (Person, error) { return c.person(w.User) }, matched)
	Action(t, "PUT /v1/users/{user}/deactivation", account.Deactivate, by(account.Of), becomes[op.None](user.Deactivated))
	Action(t, "DELETE /v1/users/{user}/deactivation", account.Activate, by(account.Of), becomes[op.None](user.Active))
	Action(t, "PUT /v1/users/{user}/role", account.ChangeRole,
		func(c *Call, w roleChange) (in account.RoleChange, err error) {
			in = account.RoleChange{User: w.User, Reason: w.Reason}
			in.Assignment, err = w.assignment.read(c)
			return in, err
		},
		func(c *Call, w roleChange, _ op.None) (Person, error) { return c.person(w.User) })
	Query(t, "GET /v1/users/{user}/grants", grantsOf,
		func(_ *Call, w sessionList) (user.ID, error) { return w.User, nil },
		func(c *Call, w sessionList, all []role.Grant) (List[Grant], error) {
			return paged(c, mapped(all, showGrant), w.Page, func(g *Grant) string { return g.ID }, string(w.User))
		})
	Query(t, "GET /v1/users/{user}/sessions", session.List,
		func(_ *Call, w sessionList) (user.ID, error) { return w.User, nil },
		func(c *Call, w sessionList, all []session.Shown) (List[Session], error) {
			return paged(c, mapped(all, showSession), w.Page, func(s *Session) string { return s.ID }, string(w.User))
		})
	Action(t, "DELETE /v1/users/{user}/sessions", session.RevokeEvery,
		func(_ *Call, w userPath) (user.ID, error) { return w.User, nil }, empty[userPath, int], says("End every session of a person"))
	Action(t, "DELETE /v1/users/{user}/sessions/{session}", session.Revoke,
		func(c *Call, w sessionPath) (string, error) { return w.Session, c.hasSession(w) }, empty[sessionPath, op.None])
	Query(t, "GET /v1/users/{user}/activity", directory.Activity,
		func(_ *Call, w activityOf) (directory.Timeline, error) { return w.timeline() },
		func(_ *Call, _ activityOf, l *directory.Lines) (List[Activity], error) {
			out := List[Activity]{Data: mapped(l.Lines, showActivity)}
			if l.Next != "" {
				out.Next = &l.Next
			}
			return out, nil
		})
}

// by makes the input of a verb that needs no more than the person.
func by[In any](of func(user.ID) In) func(*Call, userPath) (In, error) {
	return func(_ *Call, w userPath) (In, error) { return of(w.User), nil }
}

// becomes answers the status that a move led to.
func becomes[Out any](s user.Status) func(*Call, userPath, Out) (UserStatus, error) {
	return func(_ *Call, w userPath, _ Out) (UserStatus, error) { return UserStatus{w.User, s}, nil }
}

// hasSession refuses, as not found, a session of somebody else's.
func (c *Call) hasSession(w sessionPath) error {
	all, err := op.Ask(c.Context(), c.Door, c.Caller, session.List, w.User)
	if err != nil {
		return err
	}
	for i := range all {
		if all[i].ID == w.Session {
			return nil
		}
	}
	return errs.ErrNotFound
}

// read makes an assignment of what was sent.
func (a assignment) read(c *Call) (out account.Assignment, err error) {
	out = account.Assignment{Role: a.Role, From: int64(a.From), Until: int64(a.Until)}
	places := a.Places
	switch {
	case len(places) > 0 && (a.Brand != "" || len(a.Locations) > 0):
		return out, errs.Field("places", "Send places, or brand and locations, not both.")
	case len(places) == 0 && (a.Role != account.NoStaffRole || a.Brand != ""):
		places = []rolePlace{{a.Brand, a.Locations}}
	}
	for _, p := range places {
		b, err := c.Home(p.Brand)
		if err != nil {
			return out, err
		}
		out.Places = append(out.Places, account.Place{Brand: b, Locations: p.Locations})
	}
	for area, choice := range a.Levels {
		if access.Area(area).Permissions().Empty() {
			return out, errs.Field("levels."+area, "There is no area of that name. The areas are at /v1/permissions.")
		}
		single, err := permissions("levels."+area+".single", choice.Single)
		if err != nil {
			return out, err
		}
		if out.Levels == nil {
			out.Levels = map[access.Area]access.Choice{}
		}
		out.Levels[access.Area(area)] = access.Choice{Level: choice.Level, Single: single}
	}
	return out, nil
}

// Grant is one role of one person at one place, for a time.
type Grant struct {
	ID      string   `json:"id" example:"grt_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Role    string   `json:"role" example:"hub_admin"`
	Scope   string   `json:"scope" example:"brand/brd_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	From    Time     `json:"from" description:"null: from when it was given."`
	Until   Time     `json:"until" description:"null: open."`
	Adds    []string `json:"adds" description:"Permissions beyond the role."`
	Removes []string `json:"removes" description:"Permissions of the role that it lacks."`
	GivenBy string   `json:"given_by"`
	GivenAt Time     `json:"given_at"`
	EndedBy string   `json:"ended_by,omitempty"`
	EndedAt Time     `json:"ended_at"`
}

func showGrant(g role.Grant) Grant {
	return Grant{
		ID: g.ID, Role: g.Role, Scope: g.Scope, From: Time(g.From), Until: Time(g.Until), Adds: words(g.Adds), Removes: words(g.Removes),
		GivenBy: g.GivenBy, GivenAt: Time(g.GivenAt), EndedBy: g.EndedBy, EndedAt: Time(g.EndedAt),
	}
}

// Session is one sign-in on one device.
type Session struct {
	ID         string           `json:"id" example:"ses_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Audience   session.Audience `json:"audience" enum:"staff,company,account"`
	Device     string           `json:"device" example:"Firefox 144 on Linux"`
	Country    string           `json:"country"`
	IP         string           `json:"ip"`
	CreatedAt  Time             `json:"created_at"`
	LastSeenAt Time             `json:"last_seen_at"`
	EndsAt     Time             `json:"ends_at"`
}

func showSession(s session.Shown) Session {
	return Session{
		ID: s.ID, Audience: s.Audience, Device: s.Device, Country: s.Country, IP: s.IP,
		CreatedAt: Time(s.CreatedAt), LastSeenAt: Time(s.SeenAt), EndsAt: Time(s.EndsAt),
	}
}
