package admin

import (
	"github.com/stewardhq/steward/internal/consent"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web/ui"
)

// consentsPart is what a customer agreed to, beside their page: to look at, for who may see customers. They change it themselves.
func (p *profile) consentsPart() (ui.RailPart, error) {
	part := ui.RailPart{ID: "consents", Title: "Consents"}
	u := p.User
	if u.Kinds&user.IsCustomer == 0 || u.Status.Gone() || !p.May(access.CustomersView, u.Subject()) {
		return part, nil
	}
	said, err := op.Ask(p.Ctx(), p.Site.Door, p.Caller, consent.List, consent.Who{User: u.ID})
	if err != nil {
		return part, err
	}
	for _, now := range said.Now {
		words := "Not given"
		switch {
		case now.Given:
			words = "Given " + p.clock.Date(moment(now.At)) + ", " + now.Source.Label()
		case now.At != 0:
			words = "Taken back " + p.clock.Date(moment(now.At))
		}
		part.Pairs = append(part.Pairs, ui.P(now.Purpose.Label(), words))
	}
	for _, r := range said.History {
		if r.Purpose == consent.PrivacyPolicy && r.Given {
			part.Pairs = append(part.Pairs, ui.P(r.Purpose.Label(), "Version "+r.Text+" accepted "+p.clock.Date(moment(r.At))))
			break
		}
	}
	return part, nil
}
