package record

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Page is a page of the log, the latest entry first.
type Page struct {
	Entries []Entry
	Next    string // cursor of the next page; empty: this is the last
	// Searched is set for an IP address: addresses are sealed, so they are looked for by opening entries, and a page ends where
	// so many were opened. It is the time of the oldest one.
	Searched int64
}

// List gives a page of the log.
var List = &op.Query[Ask, *Page]{
	Name: "audit.list", Summary: "Read the audit log", Allow: access.AuditView, Trail: true,
	Do: func(v *op.View, in Ask) (*Page, error) {
		q, err := read(v, in)
		if err != nil {
			return nil, err
		}
		found, next, searched, err := q.find(v)
		if err != nil {
			return nil, err
		}
		note(v, in)
		v.Count("entries", int64(len(found)))
		return page(v, in, found, next, searched)
	},
}

// note writes down what was asked, without the values: they may be personal.
func note(v *op.View, in Ask) {
	for name, value := range map[string]string{"op": in.Op, "outcome": string(in.Outcome)} {
		if value != "" {
			v.Note(name, value)
		}
	}
	if in.Who != "" {
		v.Note("by", "who acted")
	}
	if in.Subject != "" {
		v.Note("about", "one subject")
	}
	if in.Words != "" {
		v.Note("search", "yes")
	}
}

func page(v *op.View, about any, found []audit.Entry, next audit.Cursor, searched int64) (*Page, error) {
	p := &Page{Searched: searched}
	var err error
	if p.Entries, err = tell(v, found); err != nil {
		return nil, err
	}
	p.Next, err = sealCursor(v, about, next)
	return p, err
}

// Recent gives the newest entries for an overview. It leaves no trail: the page fetches it by itself, and it opens no sealed value.
var Recent = &op.Query[Ask, *Page]{
	Name: "audit.recent", Summary: "Read the newest entries of the audit log, without personal values", Allow: access.AuditView,
	Do: func(v *op.View, in Ask) (*Page, error) {
		q, err := read(v, Ask{Brand: in.Brand, Limit: min(in.Limit, 50)})
		if err != nil {
			return nil, err
		}
		found, _, err := audit.List(v, q.filter)
		if err != nil {
			return nil, err
		}
		for i := range found {
			found[i].Changes, found[i].Reason, found[i].Actor.IP, found[i].Actor.Agent = nil, nil, nil, nil
		}
		return page(v, in, found, audit.Cursor{}, 0)
	},
}

// Count is the exact number of entries that a question finds, over all pages. For an IP address it is -1: nobody counted.
var Count = &op.Query[Ask, int64]{
	Name: "audit.total", Summary: "Count entries of the audit log", Allow: access.AuditView,
	Do: func(v *op.View, in Ask) (int64, error) {
		q, err := read(v, in)
		switch {
		case err != nil:
			return 0, err
		case q.ip.IsValid():
			return -1, nil
		case q.number > 0 || q.entry != "":
			found, _, _, err := q.find(v)
			return int64(len(found)), err
		}
		return audit.Count(v, q.filter)
	},
}

// Entries that are opened for one page of a search by address.
const opened = 3000

func (q question) find(v *op.View) (found []audit.Entry, next audit.Cursor, searched int64, err error) {
	switch {
	case q.number > 0:
		found, err = q.numbered(v)
	case q.entry != "":
		found, err = one(v, q.entry, q.filter.Chains)
	case q.ip.IsValid():
		return q.byAddress(v)
	default:
		found, next, err = audit.List(v, q.filter)
	}
	return found, next, 0, err
}

// numbered finds the entry of that number in each chain.
func (q question) numbered(r store.Reader) (found []audit.Entry, err error) {
	for _, chain := range q.filter.Chains {
		name, err := store.Value[string](r.QueryRow("select id from audit_events where chain = $1 and n = $2", chain, q.number))
		if errors.Is(err, store.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("find audit entry %d: %w", q.number, err)
		}
		e, err := one(r, name, []string{chain})
		if err != nil {
			return nil, err
		}
		found = append(found, e...)
	}
	return found, nil
}

func one(r store.Reader, name string, chains []string) ([]audit.Entry, error) {
	e, err := audit.Get(r, name, chains...)
	if errors.Is(err, errs.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []audit.Entry{*e}, nil
}

// byAddress opens the actors' addresses, as far as the viewer may see them, until a page is full or enough were opened.
func (q question) byAddress(v *op.View) (found []audit.Entry, next audit.Cursor, searched int64, err error) {
	limit := 50
	if q.filter.Limit > 0 {
		limit = min(q.filter.Limit, 200)
	}
	q.filter.Limit = 200
	t := teller{View: v}
	for seen := 0; seen < opened; {
		some, after, err := audit.List(v, q.filter)
		if err != nil {
			return nil, next, 0, err
		}
		if err := t.load(some); err != nil {
			return nil, next, 0, err
		}
		for i := range some {
			e := &some[i]
			searched = e.At
			if ip, err := netip.ParseAddr(t.address(e.Actor.IP).Text); err == nil && ip.Unmap() == q.ip {
				found = append(found, *e)
			}
			if len(found) == limit {
				return found, audit.Cursor{At: e.At, Chain: e.Chain, N: e.N}, searched, nil
			}
		}
		seen += len(some)
		if after == (audit.Cursor{}) {
			return found, after, 0, nil
		}
		q.filter.After, next = after, after
	}
	return found, next, searched, nil
}
