package app

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/seed"
	"github.com/stewardhq/steward/internal/user"
)

// Credential is what a person of the demo signs in with, as the file credentials.json has it.
type Credential struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Role       string `json:"role"`
	Scope      string `json:"scope"` // of the API key: the first place of the role
	Where      string `json:"where"` // in words
	Email      string `json:"email"`
	Password   string `json:"password"`
	TOTPSecret string `json:"totp_secret"` // for an authenticator app
	APIKey     string `json:"api_key"`
}

// demoPeople finds the people of a made world.
func (a *App) demoPeople(ctx context.Context) (all []Credential, err error) {
	r := a.Store.Read(ctx)
	for _, s := range seed.People() {
		home, where := brand.Platform, "the platform"
		if s.Brand != "platform" {
			b, err := brand.FindBySlug(r, s.Brand)
			if err != nil {
				return nil, err
			}
			home, where = b.ID, b.Name
			if len(s.At) > 0 {
				where += ": " + strings.Join(s.At, " and ")
			}
		}
		email := s.Key + "@" + s.Brand + ".example"
		u, err := user.FindByEmail(r, home, email)
		if err != nil {
			return nil, err
		}
		held, err := role.Held(r, string(u.ID))
		if err != nil {
			return nil, err
		}
		c := Credential{ID: string(u.ID), Name: s.FirstName + " " + s.LastName, Role: s.Role.Name, Where: where, Email: email, Password: s.Passphrase(), TOTPSecret: s.Secret()}
		for i := range held {
			if held[i].InForce(time.Now().UnixMilli()) {
				c.Scope, c.Role = held[i].Scope.String(), held[i].Role.Name
				break
			}
		}
		all = append(all, c)
	}
	return all, nil
}

// giveKeys fills in the API keys: those of the file as long as they are good for these people, else new ones. They end with a year.
func (a *App) giveKeys(ctx context.Context, path string, all []Credential) error {
	known := map[string]Credential{}
	if text, err := os.ReadFile(path); err == nil {
		var before []Credential
		if json.Unmarshal(text, &before) == nil {
			for _, c := range before {
				known[c.ID] = c
			}
		}
	}
	now, changed := time.Now(), false
	for i := range all {
		c := &all[i]
		if before := known[c.ID]; before.APIKey != "" && before.Scope == c.Scope {
			if _, _, err := apikey.Authenticate(ctx, a.Door, before.APIKey, apikey.From{IP: "127.0.0.1"}); err == nil {
				c.APIKey = before.APIKey
				continue
			}
		}
		changed = true
		at, err := access.ParseScope(c.Scope)
		if err != nil {
			continue // holds nothing now: somebody tried out what happens then
		}
		held, err := role.Held(a.Store.Read(ctx), c.ID)
		if err != nil {
			return err
		}
		var may access.Set
		for p := range held.EffectiveFor(now.UnixMilli(), at, access.Somebody).All {
			if p.Area() != "own" {
				may = may.With(p)
			}
		}
		made, err := op.Do(ctx, a.Door, op.HostOperator("demo"), apikey.Create, apikey.New{
			Name: "Demo", Scope: at, Permissions: may, Source: seed.Source, ExpiresAt: now.Add(apikey.LongestLife).UnixMilli(), Owner: user.ID(c.ID),
		})
		if err != nil {
			return errors.Join(errors.New("make an API key for "+c.Name), err)
		}
		c.APIKey = made.Token
	}
	if !changed {
		return os.Chmod(path, 0o600)
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return writeWhole(path, append(text, '\n'))
}
