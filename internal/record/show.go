package record

import (
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// Show gives one entry, of any chain that the caller reads. Elsewhere it is not found.
var Show = &op.Query[string, *Entry]{
	Name: "audit.show", Summary: "Read one entry of the audit log", Allow: access.AuditView, Trail: true,
	Do: func(v *op.View, entry string) (*Entry, error) {
		readable, err := chains(v, "")
		if err != nil {
			return nil, err
		}
		e, err := audit.Get(v, entry, readable...)
		if err != nil {
			return nil, err
		}
		v.Note("entry", entry)
		told, err := tell(v, []audit.Entry{*e})
		if err != nil {
			return nil, err
		}
		return &told[0], nil
	},
}

// AskAbout asks what happened to a person, or what they did.
type AskAbout struct {
	User   user.ID `json:"user"`
	Did    bool    `json:"did,omitempty"` // what they did, instead of what happened to them
	Limit  int     `json:"-"`
	Cursor string  `json:"-"`
}

// About gives a page of the entries about a person. Besides readers of the chain, who holds audit.view at the person's own place
// may ask, and gets the entries that concern nothing outside of it.
var About = &op.Query[AskAbout, *Page]{
	Name: "audit.about", Summary: "Read the audit log of one person", Allow: access.AuditView, Trail: true,
	Do: func(v *op.View, in AskAbout) (*Page, error) {
		f, within, err := about(v, in)
		if err != nil {
			return nil, err
		}
		if f.After, err = openCursor(v, in, in.Cursor); err != nil {
			return nil, err
		}
		found, next, err := audit.List(v, f)
		if err != nil {
			return nil, err
		}
		found = inside(found, within)
		v.Count("entries", int64(len(found)))
		return page(v, in, found, next, 0)
	},
}

// AboutCount is the exact number of entries about a person; -1 for who does not read the whole chain.
var AboutCount = &op.Query[AskAbout, int64]{
	Name: "audit.about_total", Summary: "Count the entries of the audit log about one person", Allow: access.AuditView,
	Do: func(v *op.View, in AskAbout) (int64, error) {
		f, within, err := about(v, in)
		if err != nil || within != nil {
			return -1, err
		}
		return audit.Count(v, f)
	},
}

// about is the filter of a question about a person. Within are the nodes that entries must lie in, nil for readers of the chain.
func about(v *op.View, in AskAbout) (f audit.Filter, within []access.Scope, err error) {
	u, err := user.Find(v, in.User)
	if err != nil {
		return f, nil, err
	}
	if err := v.Require(access.AuditView, u); err != nil {
		return f, nil, err
	}
	f = audit.Filter{Limit: in.Limit}
	if in.Did {
		f.Person = string(u.ID)
	} else {
		f.Subject = string(u.ID)
	}
	nodes := v.Nodes(access.AuditView)
	whole := false
	for _, node := range nodes {
		switch {
		case node == access.Platform:
			brands, err := brand.All(v)
			if err != nil {
				return f, nil, err
			}
			f.Chains = []string{Platform}
			for i := range brands {
				f.Chains = append(f.Chains, string(brands[i].ID))
			}
			return f, nil, nil
		case node == u.Brand.Scope():
			whole = true
		}
	}
	f.Chains = []string{string(u.Brand)}
	if whole {
		return f, nil, nil
	}
	return f, nodes, nil
}

// inside keeps the entries whose subjects all lie at or below the nodes.
func inside(found []audit.Entry, nodes []access.Scope) []audit.Entry {
	if nodes == nil {
		return found
	}
	var kept []audit.Entry
	for _, e := range found {
		covered := len(e.Subjects) > 0
		for _, s := range e.Subjects {
			covered = covered && coveredBy(nodes, s.Scope)
		}
		if covered {
			kept = append(kept, e)
		}
	}
	return kept
}

func coveredBy(nodes []access.Scope, path string) bool {
	scope, err := access.ParseScope(path)
	if err != nil {
		return false
	}
	for _, n := range nodes {
		if n.Covers(scope) {
			return true
		}
	}
	return false
}

// Chain is one chain that the caller reads.
type Chain struct {
	ID      string
	Name    string
	Entries int64
	Hash    string // of the last entry, hex
	At      int64  // of the last entry, epoch ms
}

// Chains lists the chains that the caller reads, with where each one ends.
var Chains = &op.Query[brand.ID, []Chain]{
	Name: "audit.chains", Summary: "Show where the chains of the audit log end", Allow: access.AuditView,
	Do: func(v *op.View, at brand.ID) (all []Chain, err error) {
		readable, err := chains(v, at)
		if err != nil {
			return nil, err
		}
		t := teller{View: v}
		for _, chain := range readable {
			c := Chain{ID: chain}
			if c.Name, err = t.chain(chain); err != nil {
				return nil, err
			}
			var hash []byte
			err := v.QueryRow("select n, hash, at from audit_heads where chain = $1", chain).Scan(&c.Entries, &hash, &c.At)
			if err != nil && !isNoRows(err) {
				return nil, err
			}
			c.Hash = hexOf(hash)
			all = append(all, c)
		}
		if len(all) == 0 {
			return nil, errs.ErrNotFound
		}
		return all, nil
	},
}
