package api

import (
	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// APIKey is a key, without its token.
type APIKey struct {
	ID          string       `json:"id" example:"key_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Name        string       `json:"name" example:"Shop backend"`
	Hint        string       `json:"hint" example:"x7Qa" description:"The last four characters of the token."`
	Owner       user.ID      `json:"owner" example:"usr_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB" description:"Whom the key acts for."`
	OwnerName   string       `json:"owner_name,omitempty" example:"Dev Patel"`
	Scope       string       `json:"scope" example:"brand/brd_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Permissions []string     `json:"permissions"`
	Unattended  []string     `json:"unattended" description:"What it may do without a code of its owner's."`
	Source      string       `json:"source" example:"api" description:"Source of the external ids that it sends."`
	Networks    []string     `json:"networks" example:"[\"203.0.113.0/24\"]" description:"It is taken from these only; empty is from anywhere."`
	State       apikey.State `json:"state" enum:"live,revoked,expired,void"`
	CreatedAt   Time         `json:"created_at"`
	ExpiresAt   Time         `json:"expires_at"`
	RevokedAt   Time         `json:"revoked_at"`
	LastUsedAt  Time         `json:"last_used_at"`
}

// NewAPIKey is a key that was just made.
type NewAPIKey struct {
	APIKey
	Token string `json:"token" example:"stw_…" description:"Shown this once. Keep it where secrets are kept."`
}

func showKey(l apikey.Listed) APIKey {
	return APIKey{
		ID: l.ID, Name: l.Name, Hint: l.Hint, Owner: l.Owner, OwnerName: l.Of, Scope: l.Scope, Permissions: l.Set().Names(),
		Unattended: l.Unwatched().Names(), Source: l.Source, Networks: l.FromNetworks(), State: l.State, CreatedAt: Time(l.CreatedAt),
		ExpiresAt: Time(l.ExpiresAt), RevokedAt: Time(l.RevokedAt), LastUsedAt: Time(l.LastUsedAt),
	}
}

type (
	keyList struct {
		InBrand
		Page
	}
	keyPath struct {
		Key string `path:"key" json:"-" description:"Id of the key."`
	}
	newKey struct {
		Name        string   `json:"name" required:"true" example:"Shop backend"`
		Scope       string   `json:"scope,omitempty" description:"Where it works: platform, brand/B or brand/B/location/L. This key's own place when left out."`
		Permissions []string `json:"permissions" required:"true" example:"[\"facts.ingest\"]"`
		Unattended  []string `json:"unattended,omitempty"`
		Source      string   `json:"source,omitempty" example:"shop"`
		Networks    []string `json:"networks,omitempty" example:"[\"203.0.113.0/24\"]" description:"Addresses and networks from which the key is taken; left out, it is taken from anywhere."`
		ExpiresAt   Time     `json:"expires_at,omitzero" description:"At most 365 days from now; 90 days when left out."`
	}
)

func keys(t *table) {
	Query(t, "GET /v1/api-keys", apikey.List,
		func(c *Call, w keyList) (brand.ID, error) { return c.Home(w.Named) },
		func(c *Call, w keyList, all []apikey.Listed) (List[APIKey], error) {
			return paged(c, mapped(all, showKey), w.Page, func(k *APIKey) string { return k.ID }, w.Named)
		})
	Action(t, "POST /v1/api-keys", apikey.Create,
		func(c *Call, w newKey) (in apikey.New, err error) {
			in = apikey.New{Name: w.Name, Source: w.Source, Networks: w.Networks, ExpiresAt: int64(w.ExpiresAt), Scope: c.Key.Place()}
			if w.Scope != "" {
				if in.Scope, err = access.ParseScope(w.Scope); err != nil {
					return in, errs.Field("scope", "%s", access.ErrMalformedScope.Detail)
				}
			}
			if in.Permissions, err = permissions("permissions", w.Permissions); err != nil {
				return in, err
			}
			in.Unattended, err = permissions("unattended", w.Unattended)
			return in, err
		},
		func(c *Call, _ newKey, m apikey.Made) (NewAPIKey, error) {
			c.at("/v1/api-keys/" + m.Key.ID)
			return NewAPIKey{APIKey: showKey(apikey.Listed{Key: m.Key, State: apikey.Live}), Token: m.Token}, nil
		}, created, secretly)
	Query(t, "GET /v1/api-keys/{key}", apikey.Show,
		func(_ *Call, w keyPath) (apikey.Which, error) { return apikey.Which(w), nil },
		func(_ *Call, _ keyPath, l apikey.Listed) (APIKey, error) { return showKey(l), nil })
	Action(t, "DELETE /v1/api-keys/{key}", apikey.Revoke,
		func(_ *Call, w keyPath) (apikey.Which, error) { return apikey.Which(w), nil }, empty[keyPath, op.None])
}

// permissions reads names of permissions.
func permissions(field string, names []string) (access.Set, error) {
	set, err := access.ParseSet(names)
	if err != nil {
		return set, errs.Field(field, "%s", errs.Of(err).Detail)
	}
	return set, nil
}
