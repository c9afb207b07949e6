package api

import (
	"github.com/stewardhq/steward/internal/consent"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/user"
)

// Consent is what holds for one purpose.
type Consent struct {
	Purpose     consent.Purpose `json:"purpose" enum:"email_marketing,sms_marketing,profiling"`
	Given       bool            `json:"given"`
	At          Time            `json:"at" description:"When it was given or taken back; null: nothing was ever said."`
	Source      consent.Source  `json:"source,omitempty" enum:"account,sign_up,staff,api,archive"`
	TextVersion string          `json:"text_version,omitempty" description:"Version of the text that was shown."`
}

// ConsentRecord is one thing that was agreed to, or taken back.
type ConsentRecord struct {
	ID          string          `json:"id" example:"con_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Purpose     consent.Purpose `json:"purpose" enum:"email_marketing,sms_marketing,profiling,privacy_policy"`
	Given       bool            `json:"given"`
	At          Time            `json:"at"`
	Source      consent.Source  `json:"source" enum:"account,sign_up,staff,api,archive"`
	By          string          `json:"by" description:"Who noted it."`
	TextVersion string          `json:"text_version"`
}

// Consents is what somebody agreed to, and how it came to that.
type Consents struct {
	User    user.ID         `json:"user" example:"usr_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Now     []Consent       `json:"now" description:"One for each purpose."`
	History []ConsentRecord `json:"history" description:"Newest first; records are only ever added."`
}

type (
	setConsent struct {
		userPath
		Purpose consent.Purpose `path:"purpose" json:"-" description:"email_marketing, sms_marketing or profiling."`
		Given   bool            `json:"given" required:"true"`
		Reason  string          `json:"reason" required:"true" example:"Signed the form at the till" description:"How the person said so. Kept in the audit log."`
	}
	requestList struct {
		InBrand
		Page
	}
)

// DeletionRequest is that somebody asks to be deleted.
type DeletionRequest struct {
	ID      string  `json:"id" example:"drq_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	User    user.ID `json:"user" example:"usr_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Name    string  `json:"name"`
	State   string  `json:"state" enum:"open"`
	Reason  string  `json:"reason"`
	AskedAt Time    `json:"asked_at"`
	DueAt   Time    `json:"due_at" description:"By when the shop answers."`
}

// consents are what people agree to and ask for; a request is answered by archiving the person, which closes it.
func consents(t *table) {
	Query(t, "GET /v1/users/{user}/consents", consent.List,
		func(_ *Call, w userPath) (consent.Who, error) { return consent.Who{User: w.User}, nil },
		func(_ *Call, w userPath, s consent.Shown) (Consents, error) { return showConsents(w.User, s), nil })
	Action(t, "PUT /v1/users/{user}/consents/{purpose}", consent.Set,
		func(_ *Call, w setConsent) (consent.Choice, error) {
			return consent.Choice{User: w.User, Purpose: w.Purpose, Given: w.Given, Reason: w.Reason}, nil
		},
		func(c *Call, w setConsent, _ op.None) (out Consents, err error) {
			s, err := op.Ask(c.Context(), c.Door, c.Caller, consent.List, consent.Who{User: w.User})
			return showConsents(w.User, s), err
		})
	Query(t, "GET /v1/deletion-requests", privacy.Requests,
		func(c *Call, w requestList) (in privacy.RequestPage, err error) {
			if in.Limit, err = w.size(); err == nil {
				in.Brand, err = c.Brand(w.Named)
			}
			return in, err
		},
		func(c *Call, w requestList, all []privacy.RequestShown) (l List[DeletionRequest], err error) {
			if all, err = w.rest(c, all); err != nil {
				return l, err
			}
			return paged(c, mapped(all, showRequest), w.Page, func(r *DeletionRequest) string { return r.ID }, w.Named)
		})
}

// rest reads what is behind the first page, so that the total is exact. Each is answered within weeks, so they are few.
func (w requestList) rest(c *Call, all []privacy.RequestShown) ([]privacy.RequestShown, error) {
	size, err := w.size()
	if err != nil {
		return nil, err
	}
	b, err := c.Brand(w.Named)
	for more := len(all) > size; more && err == nil; {
		var page []privacy.RequestShown
		page, err = op.Ask(c.Context(), c.Door, c.Caller, privacy.Requests, privacy.RequestPage{Brand: b, After: all[len(all)-1].ID, Limit: mostPage})
		all, more = append(all, page...), len(page) > mostPage
	}
	return all, err
}

func showRequest(r privacy.RequestShown) DeletionRequest {
	return DeletionRequest{r.ID, r.User, r.Name, string(r.State), r.Reason, Time(r.AskedAt), Time(r.DueAt)}
}

func showConsents(u user.ID, s consent.Shown) Consents {
	return Consents{
		User: u,
		Now: mapped(s.Now, func(n consent.State) Consent {
			return Consent{n.Purpose, n.Given, Time(n.At), n.Source, n.Text}
		}),
		History: mapped(s.History, func(r consent.Record) ConsentRecord {
			return ConsentRecord{r.ID, r.Purpose, r.Given, Time(r.At), r.Source, r.By, r.Text}
		}),
	}
}
