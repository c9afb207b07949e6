package api

import (
	"errors"
	"net/netip"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
)

// The storefront signs its customers in here. What the customer does is done as the customer, on the way that everybody takes, with
// their own network to be counted by: the key is trusted to say where they come from, and for that it needs access.check, with which
// the platform asks who somebody is and what they may.

// vouch lets a key speak for the customers of a brand.
var vouch = &op.Query[brand.ID, brand.ID]{
	Name: "storefront.vouch", Summary: "Speak for the customers of a shop who sign in there", Allow: access.AccessCheck,
	Do: func(v *op.View, id brand.ID) (brand.ID, error) {
		b, err := brand.Find(v, id)
		if err != nil {
			return "", err
		}
		return b.ID, v.Require(access.AccessCheck, b)
	},
}

// Guest is where a customer comes from, as the storefront saw it.
type Guest struct {
	IP    string `json:"ip,omitempty" example:"203.0.113.7" description:"The customer's address: tries are counted by it. Left out, all customers count as one."`
	Agent string `json:"user_agent,omitempty" description:"The customer's browser, for their list of sessions."`
}

func (c *Call) guest(g Guest) (*op.Caller, error) {
	if g.IP == "" {
		g.IP = c.IP(c.R)
	}
	if _, err := netip.ParseAddr(g.IP); err != nil {
		return nil, errs.Field("ip", "Write an IP address, such as 203.0.113.7.")
	}
	return op.Nobody(g.IP, g.Agent, c.number()), nil
}

type (
	newSignIn struct {
		InBrand
		Guest
		Email    string `json:"email" required:"true" example:"maya@example.com"`
		Password string `json:"password,omitempty" description:"Left out, a code is mailed."`
		Device   string `json:"device,omitempty" description:"What an earlier sign-in of this browser answered as device."`
	}
	signInCode struct {
		InBrand
		Guest
		SignIn string `path:"sign_in" json:"-" description:"Id of the sign-in."`
		Handle string `json:"handle" required:"true" description:"What the sign-in answered. Keep it in the customer's browser: the code is good there only."`
		Code   string `json:"code" required:"true" example:"12345678"`
		Device string `json:"device,omitempty"`
	}
	newSignUp struct {
		InBrand
		Guest
		Email     string           `json:"email" required:"true" example:"maya@example.com"`
		FirstName string           `json:"first_name,omitempty"`
		LastName  string           `json:"last_name,omitempty"`
		Password  string           `json:"password,omitempty" description:"Left out, the customer signs in with codes."`
		Location  brand.LocationID `json:"location,omitempty" description:"Home location: id of a location of the brand. Left out, the first order decides."`
		Policy    string           `json:"privacy_policy,omitempty" example:"2026-11" description:"Version of the privacy policy that the customer accepts. Needed where the brand has one."`
	}
	emailVerification struct {
		InBrand
		Guest
		Token  string `json:"token" required:"true" description:"Of the link that was mailed."`
		Handle string `json:"handle,omitempty" description:"What the sign-up answered, from the customer's browser: only with it does the password count."`
	}
	introspection struct {
		InBrand
		Token string `json:"token" required:"true" description:"Token of a session."`
	}
)

// SignedIn is what became of a sign-in.
type SignedIn struct {
	State   string  `json:"state" enum:"signed_in,code_sent,second_factor,new_password" description:"code_sent says nothing of whether there is such an account."`
	ID      string  `json:"id,omitempty" description:"With code_sent: of the sign-in that waits for its code."`
	Handle  string  `json:"handle,omitempty" description:"With code_sent: secret; for the customer's browser."`
	Session string  `json:"session,omitempty" description:"With signed_in: the session's token, secret; for the customer's browser."`
	User    user.ID `json:"user,omitempty"`
	Device  string  `json:"device,omitempty" description:"Secret; makes the browser a known device of this customer."`
	EndsAt  Time    `json:"ends_at" description:"When the session, or the code, is over at the latest."`
}

// SignedUp is a registration on its way. It is the same whatever there is at the address.
type SignedUp struct {
	State  string `json:"state" enum:"mail_sent"`
	Handle string `json:"handle" description:"Secret; for the customer's browser."`
}

// EmailVerified is an address that was confirmed.
type EmailVerified struct {
	User     user.ID `json:"user"`
	Password bool    `json:"password" description:"The password of the registration counts."`
}

// Introspected is whose a session is. Without active nothing else is said.
type Introspected struct {
	Active    bool    `json:"active"`
	User      user.ID `json:"user,omitempty"`
	Session   string  `json:"session,omitempty" description:"Public id of the session."`
	FirstName string  `json:"first_name,omitempty"`
	LastName  string  `json:"last_name,omitempty"`
	Email     string  `json:"email,omitempty"`
	EndsAt    Time    `json:"ends_at"`
}

func signIns(t *table) {
	Query(t, "POST /v1/sign-ins", vouch,
		func(c *Call, w newSignIn) (brand.ID, error) { return c.Brand(w.Named) },
		func(c *Call, w newSignIn, b brand.ID) (out SignedIn, err error) {
			guest, err := c.guest(w.Guest)
			if err != nil {
				return out, err
			}
			if w.Password == "" {
				sent, err := c.Desk.SendCode(c.Context(), guest, auth.Ask{Audience: session.Account, Brand: b, Email: w.Email})
				return SignedIn{State: "code_sent", ID: secret.HashToken(sent.Browser), Handle: sent.Browser, EndsAt: moment(sent.Expires)}, err
			}
			signed, err := c.Desk.SignIn(c.Context(), guest, auth.Try{Audience: session.Account, Brand: b, Email: w.Email, Password: w.Password, Known: w.Device})
			return showSigned(signed), err
		}, says("Sign a customer in with a password, or mail them a code"))
	Query(t, "POST /v1/sign-ins/{sign_in}/code", vouch,
		func(c *Call, w signInCode) (brand.ID, error) { return c.Brand(w.Named) },
		func(c *Call, w signInCode, b brand.ID) (out SignedIn, err error) {
			guest, err := c.guest(w.Guest)
			if err != nil {
				return out, err
			}
			if !secret.Equal(w.SignIn, secret.HashToken(w.Handle)) {
				return out, errs.ErrNotFound
			}
			signed, err := c.Desk.SignInCode(c.Context(), guest, auth.Answer{Audience: session.Account, Brand: b, Browser: w.Handle, Code: w.Code, Known: w.Device})
			return showSigned(signed), err
		}, says("Sign a customer in with the code that was mailed"))
	Query(t, "POST /v1/sign-ups", vouch,
		func(c *Call, w newSignUp) (brand.ID, error) { return c.Brand(w.Named) },
		func(c *Call, w newSignUp, b brand.ID) (out SignedUp, err error) {
			guest, err := c.guest(w.Guest)
			if err != nil {
				return out, err
			}
			handle, err := customer.SignUpAt(c.Context(), c.Desk, guest, customer.SignUp{Brand: b, Email: w.Email, FirstName: w.FirstName, LastName: w.LastName, Location: w.Location, Policy: w.Policy}, w.Password)
			return SignedUp{State: "mail_sent", Handle: handle}, err
		}, says("Register a customer; a link by mail confirms the address"))
	Query(t, "POST /v1/email-verifications", vouch,
		func(c *Call, w emailVerification) (brand.ID, error) { return c.Brand(w.Named) },
		func(c *Call, w emailVerification, b brand.ID) (out EmailVerified, err error) {
			guest, err := c.guest(w.Guest)
			if err != nil {
				return out, err
			}
			done, err := op.Do(c.Context(), c.Door, guest, customer.ConfirmSignUp, customer.Confirming{Token: w.Token, Browser: w.Handle, Brand: b})
			return EmailVerified{User: done.User, Password: done.Password}, err
		}, says("Confirm the address of a registration by its link"))
	Query(t, "POST /v1/sessions/introspect", vouch,
		func(c *Call, w introspection) (brand.ID, error) { return c.Brand(w.Named) },
		func(c *Call, w introspection, b brand.ID) (out Introspected, err error) {
			p, _, err := c.Desk.Resolve(c.Context(), auth.From{Request: c.number()}, session.Account, w.Token)
			if errors.Is(err, errs.ErrNotFound) || errors.Is(err, op.ErrSignIn) || err == nil && p.User.Brand != b {
				return out, nil
			}
			if err != nil {
				return out, err
			}
			u := &p.User
			return Introspected{
				Active: true, User: u.ID, Session: p.Session.ID, FirstName: u.FirstName, LastName: u.LastName, Email: u.Email, EndsAt: Time(p.Session.EndsAt),
			}, nil
		}, says("Read whose a customer's session is"))
}

// showSigned never hands out a half-done sign-in: what comes next is shown at Steward's own pages.
func showSigned(s auth.Signed) SignedIn {
	if s.Next != auth.None {
		return SignedIn{State: string(s.Next)}
	}
	return SignedIn{State: "signed_in", Session: s.Token, User: s.User, Device: s.Known, EndsAt: moment(s.Ends)}
}
