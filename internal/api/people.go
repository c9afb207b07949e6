package api

import (
	"net/url"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// peopleList is a request for a list of people. Its filters, search, order and page are the list's own (internal/directory).
type peopleList struct {
	InBrand
	Total *bool      `query:"total" json:"-" default:"true" description:"false leaves the total out, which is faster."`
	Rest  url.Values `rest:"" json:"-"`
}

func (w peopleList) ask(b brand.ID) directory.Ask {
	return directory.Ask{Brand: b, Params: w.Rest, Form: field.API}
}

// people answers a page of a list of people, with its exact total as a second question.
func people[R ~struct{ jsontext.Value }](c *Call, w peopleList, p *directory.Page, total *op.Query[directory.Ask, int64]) (List[R], error) {
	l := List[R]{Data: make([]R, len(p.Rows))}
	for i := range p.Rows {
		row, err := p.AppendJSON(nil, i)
		if err != nil {
			return l, err
		}
		l.Data[i] = R{row}
	}
	if p.Next != "" {
		l.Next = &p.Next
	}
	if w.Total != nil && !*w.Total {
		return l, nil
	}
	home := brand.Platform
	if p.Brand != nil {
		home = p.Brand.ID
	}
	n, err := op.Ask(c.Context(), c.Door, c.Caller, total, w.ask(home))
	l.Sum = &n
	return l, err
}

// UserRow is a row of the list of users: the fields that the caller sees.
type UserRow struct{ jsontext.Value }

// CustomerRow is a row of the list of customers: the fields that the caller sees.
type CustomerRow struct{ jsontext.Value }
