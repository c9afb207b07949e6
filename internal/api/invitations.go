package api

import (
	"strings"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/invite"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// Invitation asks one person to join the staff. Its link is in no answer but that of its making.
type Invitation struct {
	ID         string        `json:"id" example:"inv_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Email      string        `json:"email" example:"sam@aurora.example"`
	User       user.ID       `json:"user" example:"usr_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB" description:"The account that it is for; gone when an invitation of somebody new was revoked."`
	Role       string        `json:"role" example:"marketing"`
	Scopes     []string      `json:"scopes" example:"[\"brand/brd_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB\"]"`
	Adds       []string      `json:"adds" description:"Permissions beyond the role."`
	Removes    []string      `json:"removes" description:"Permissions of the role that it lacks."`
	From       Time          `json:"from"`
	Until      Time          `json:"until"`
	InvitedBy  string        `json:"invited_by" description:"Who sent it last, and vouches for the role: an account's id, or empty for the operator at the machine."`
	Mailed     bool          `json:"mailed" description:"false: the link was handed over by who made it."`
	Status     invite.Status `json:"status" enum:"pending,accepted,expired,revoked"`
	Resends    int64         `json:"resends"`
	SentAt     Time          `json:"sent_at"`
	ExpiresAt  Time          `json:"expires_at"`
	AcceptedAt Time          `json:"accepted_at"`
	RevokedAt  Time          `json:"revoked_at"`
	CreatedAt  Time          `json:"created_at"`
}

// SentInvitation is an invitation that was just made or sent again.
type SentInvitation struct {
	Invitation
	URL string `json:"invitation_url,omitempty" description:"Only with send false, and only this once: where the person accepts. Hand it to nobody else."`
}

func showInvitation(l invite.Listed) Invitation {
	return Invitation{
		ID: l.ID, Email: l.Email, User: l.User, Role: l.Role, Scopes: words(l.Scopes), Adds: words(l.Adds), Removes: words(l.Removes),
		From: Time(l.From), Until: Time(l.Until), InvitedBy: string(l.Inviter), Mailed: l.Mailed, Status: l.Status, Resends: l.Resends,
		SentAt: Time(l.SentAt), ExpiresAt: Time(l.ExpiresAt), AcceptedAt: Time(l.AcceptedAt), RevokedAt: Time(l.RevokedAt), CreatedAt: Time(l.CreatedAt),
	}
}

type (
	// sending is how an invitation goes out.
	sending struct {
		Send    *bool  `json:"send,omitempty" default:"true" description:"true: mail the link. false: the answer has it, once; the address stays unconfirmed. Never false for a Super Admin."`
		Message string `json:"message,omitempty" maxLength:"500" description:"A few words of the inviter's own, plain text."`
	}
	invitationList struct {
		InBrand
		Status string `query:"status" json:"-" example:"pending,expired" description:"pending, accepted, expired, revoked: one, or several with commas."`
		Search string `query:"q" json:"-" example:"sam@aurora" description:"Words, each of which must stand in the address or in the name of who invited. A page that found less than it could hold may have a next one: addresses are opened one by one, at most 1,000 for a page."`
		Page
	}
	invitationPath struct {
		Invitation string `path:"invitation" json:"-" description:"Id of the invitation."`
	}
	resendInvitation struct {
		invitationPath
		Send *bool `json:"send,omitempty" default:"true" description:"true: mail the new link. false: the answer has it, once."`
	}
)

func (s sending) read() invite.Sending {
	return invite.Sending{Send: s.Send == nil || *s.Send, Message: s.Message}
}

func invitations(t *table) {
	Query(t, "GET /v1/invitations", invite.List,
		func(c *Call, w invitationList) (invite.Ask, error) { return w.ask(c) },
		func(c *Call, w invitationList, p *invite.Page) (List[Invitation], error) {
			l := List[Invitation]{Data: mapped(p.Rows, showInvitation)}
			if p.Next != "" {
				l.Next = &p.Next
			}
			if !w.wantsTotal() {
				return l, nil
			}
			in, err := w.ask(c)
			if err != nil {
				return l, err
			}
			n, err := op.Ask(c.Context(), c.Door, c.Caller, invite.Total, in)
			if n >= 0 { // a search through too many addresses is not counted
				l.Sum = &n
			}
			return l, err
		})
	Action(t, "POST /v1/invitations", account.Invite,
		func(c *Call, w addUser) (account.NewStaff, error) { return w.read(c) },
		func(c *Call, _ addUser, a account.Added) (SentInvitation, error) {
			c.at("/v1/invitations/" + a.Invitation)
			return c.invitation(a.Invitation, a.Token)
		}, created)
	Query(t, "GET /v1/invitations/{invitation}", invite.Show,
		func(_ *Call, w invitationPath) (string, error) { return w.Invitation, nil },
		func(_ *Call, _ invitationPath, l invite.Listed) (Invitation, error) { return showInvitation(l), nil })
	Action(t, "POST /v1/invitations/{invitation}/resend", invite.Resend,
		func(_ *Call, w resendInvitation) (invite.Again, error) {
			return invite.Again{Invitation: w.Invitation, Show: w.Send != nil && !*w.Send}, nil
		},
		func(c *Call, _ resendInvitation, s invite.Sent) (SentInvitation, error) {
			return c.invitation(s.Invitation, s.Token)
		}, bodiless)
	Action(t, "DELETE /v1/invitations/{invitation}", account.Withdraw,
		func(_ *Call, w invitationPath) (account.WithdrawnInvitation, error) {
			return account.WithdrawnInvitation(w), nil
		}, empty[invitationPath, op.None])
}

// invitation reads what was just made, for the answer. Its link is there where there is a token: not when the answer is a repeat.
func (c *Call) invitation(id, token string) (out SentInvitation, err error) {
	l, err := op.Ask(c.Context(), c.Door, c.Caller, invite.Show, id)
	switch {
	case gone(err):
		out.ID, err = id, nil
	case err == nil:
		out.Invitation = showInvitation(l)
	}
	if token != "" {
		out.URL = c.Link(invite.Path(token))
	}
	return out, err
}

func (w invitationList) ask(c *Call) (in invite.Ask, err error) {
	in = invite.Ask{Cursor: w.Cursor, Search: w.Search}
	for _, s := range strings.Split(w.Status, ",") {
		if s != "" {
			in.Statuses = append(in.Statuses, invite.Status(s))
		}
	}
	if len(in.Statuses) > len(invite.Statuses) {
		return in, errs.Field("status", "Choose pending, accepted, expired or revoked.")
	}
	if in.Limit, err = w.size(); err == nil {
		in.Brand, err = c.Home(w.Named)
	}
	return in, err
}

// read makes the input of an invitation.
func (w addUser) read(c *Call) (in account.NewStaff, err error) {
	in = account.NewStaff{Email: w.Email, FirstName: w.FirstName, LastName: w.LastName, Sending: w.sending.read()}
	if w.Home != "" {
		var home brand.ID
		if home, err = c.Home(w.Home); err != nil {
			return in, err
		}
		in.Home = home
	}
	in.Assignment, err = w.assignment.read(c)
	return in, err
}
