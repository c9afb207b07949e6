package apikey

import (
	"errors"
	"slices"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// Listed is a key as those are shown it who manage keys. Token is always empty.
type Listed struct {
	Key
	State State
	Of    string // the owner's name
}

// List lists the keys of a brand, or of the platform, which the caller may manage: the newest first.
var List = &op.Query[brand.ID, []Listed]{
	Name: "apikey.list", Summary: "List the API keys of a brand", Allow: access.APIKeysManage,
	Do: func(v *op.View, b brand.ID) ([]Listed, error) {
		nodes := v.Nodes(access.APIKeysManage)
		keys, err := Table.All(v, "where brand_id = $1 order by created_at desc, id desc", b)
		if err != nil {
			return nil, err
		}
		var all []Listed
		for i := range keys {
			k := &keys[i]
			if !slices.ContainsFunc(nodes, func(n access.Scope) bool { return n.Covers(k.Place()) }) {
				continue
			}
			l, err := listed(v, k, v.Now())
			if err != nil {
				return nil, err
			}
			all = append(all, l)
		}
		return all, nil
	},
}

// Show shows one key: one's own, or one that the caller may manage.
var Show = &op.Query[Which, Listed]{
	Name: "apikey.show", Summary: "Show an API key", Allow: access.APIKeysManage,
	Do: func(v *op.View, in Which) (Listed, error) {
		k, err := Table.Find(v, in.Key)
		if err != nil {
			return Listed{}, errors.Join(err, v.Signed())
		}
		if err := v.Require(access.APIKeysManage, k); err != nil {
			return Listed{}, err
		}
		return listed(v, k, v.Now())
	},
}

func listed(r store.Reader, k *Key, now time.Time) (Listed, error) {
	owner, err := user.Find(r, k.Owner)
	if errors.Is(err, errs.ErrNotFound) {
		owner, err = &user.User{}, nil // deleted: nobody is left to act for
	}
	if err != nil {
		return Listed{}, err
	}
	l := Listed{Key: *k, State: k.state(owner, now), Of: owner.Name()}
	l.Token = ""
	return l, nil
}
