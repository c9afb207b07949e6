package mailing

import (
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// OutboxPage asks for a page of the outbox, newest first.
type OutboxPage struct {
	Brand  string
	Before int64 // made before this instant; 0 from the newest
	Limit  int
}

// Listed is a mail as Settings > Mail lists it: recipient, kind and state, never what it says.
type Listed struct {
	Mail
	To string
}

// Outbox lists mail for staff.
var Outbox = &op.Query[OutboxPage, []Listed]{
	Name: "mail.outbox", Summary: "List the outbox: recipient, kind and state", Allow: access.SettingsView,
	Do: func(v *op.View, p OutboxPage) (all []Listed, err error) {
		place := op.Installation
		if p.Brand != "" && p.Brand != place.ID {
			place = op.Place{Kind: "brand", ID: p.Brand, Scope: access.Brand(p.Brand), Hidden: true}
		}
		if err := v.Require(access.SettingsView, place); err != nil {
			return nil, err
		}
		if p.Before == 0 {
			p.Before = v.Now().UnixMilli() + 1
		}
		mails, err := Mails.All(v, "where brand_id = $1 and made_at < $2 order by made_at desc, id desc limit $3", place.ID, p.Before, p.Limit)
		if err != nil {
			return nil, err
		}
		for _, m := range mails {
			l := Listed{Mail: m}
			if l.To, err = v.Unseal(m.User, m.ToBox); err != nil {
				l.To = user.Placeholder(user.ID(m.User))
			}
			all = append(all, l)
		}
		return all, nil
	},
}
