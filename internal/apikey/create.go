package apikey

import (
	"regexp"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// Lives of a key (security.md A0).
const (
	UsualLife   = 90 * 24 * time.Hour
	LongestLife = 365 * 24 * time.Hour
)

// DefaultSource is the source of the external ids of a key that names none.
const DefaultSource = "api"

// Unattendable are the stepped-up permissions that a Super Admin may let a key use without its owner's code. Roles, archiving,
// deleting, merging, impersonation and security settings are never among them.
var Unattendable = access.Of(access.WalletsAdjust, access.LoyaltyAdjust)

// New is what a key is made from.
type New struct {
	Name        string       `json:"name"`
	Scope       access.Scope `json:"scope"`
	Permissions access.Set   `json:"permissions"`
	Unattended  access.Set   `json:"unattended,omitzero"`
	Source      string       `json:"source,omitempty"`     // of external ids; DefaultSource when empty
	ExpiresAt   int64        `json:"expires_at,omitempty"` // epoch ms; 0 is UsualLife from now
	Networks    []string     `json:"networks,omitempty"`   // it is taken from these addresses and networks only; none is anywhere
	// Owner is set only by Steward itself and at the machine's command line, where nobody is signed in: whom the key acts for.
	Owner user.ID `json:"owner,omitempty"`
}

// Made is a new key with its token, which is shown once and kept nowhere.
type Made struct {
	Key   Key    `json:"key"`
	Token string `json:"-"`
}

// ErrUnattended refuses a key that works without its owner's code to everybody but a Super Admin at the desk.
var ErrUnattended = errs.New(errs.Forbidden, "unattended", "Only a Super Admin who is signed in at the desk can let a key adjust wallets or points without a code. Leave “unattended” out, or ask one.")

// Create makes a key for oneself. What it may do, its maker holds at its place.
var Create = &op.Action[New, making, Made]{
	Name: "apikey.create", Summary: "Make an API key", Allow: access.APIKeysManage, StepUp: true,
	Confirm: func(t making, in New) op.Confirmation {
		facts := []op.Fact{{Label: "Name", Value: in.Name}, {Label: "Where", Value: t.where}, {Label: "May", Value: labels(in.Permissions)}}
		if !in.Unattended.Empty() {
			facts = append(facts, op.Fact{Label: "Without a code", Value: labels(in.Unattended)})
		}
		if len(in.Networks) > 0 {
			facts = append(facts, op.Fact{Label: "Only from", Value: strings.Join(in.Networks, ", ")})
		}
		facts = append(facts, op.Fact{Label: "Until", Value: in.expires(t.now).UTC().Format("2 Jan 2006")})
		return op.Confirmation{Title: "Make the API key “" + in.Name + "”", Facts: facts, Button: "Make key"}
	},
	Target: func(tx *op.Tx, in New) (making, error) {
		if err := in.check(tx.Now()); err != nil { // before the step-up, so that no code is mailed for what cannot be
			return making{}, err
		}
		return place(tx, in.Scope)
	},
	Do: func(tx *op.Tx, t making, in New) (m Made, err error) {
		owner, err := owner(tx, in)
		if err != nil {
			return m, err
		}
		if err := in.check(tx.Now()); err != nil {
			return m, err
		}
		if err := in.within(tx, owner); err != nil {
			return m, err
		}
		token, _ := secret.Token()
		m.Token = Prefix + token
		m.Key = Key{
			ID: id.New(id.Key, tx.Now()), Token: secret.HashToken(m.Token), Hint: token[len(token)-4:],
			Owner: owner.ID, Brand: t.brand, Scope: in.Scope.String(), Name: in.Name, Source: in.Source,
			Permissions: strings.Join(in.Permissions.Names(), " "), Unattended: strings.Join(in.Unattended.Names(), " "),
			Networks:  strings.Join(in.Networks, " "),
			CreatedAt: tx.Now().UnixMilli(), ExpiresAt: in.expires(tx.Now()).UnixMilli(),
		}
		if err := Table.Insert(tx, &m.Key); err != nil {
			return Made{}, err
		}
		return m, tell(tx, owner, &m.Key, t.where)
	},
}

// making is the place that a key is made for, as it stands in the database.
type making struct {
	op.Target
	brand brand.ID
	where string
	now   time.Time
}

func place(tx *op.Tx, at access.Scope) (t making, err error) {
	t.now = tx.Now()
	switch at.Kind() {
	case access.PlatformNode:
		t.Target, t.brand, t.where = op.Installation, brand.Platform, "the platform, and every brand"
		return t, nil
	case access.BrandNode, access.LocationNode:
		b, err := brand.Find(tx, brand.ID(at.BrandID()))
		if err != nil {
			return t, err
		}
		t.Target, t.brand, t.where = b, b.ID, b.Name
		if at.Kind() == access.BrandNode {
			return t, nil
		}
		l, err := brand.FindLocation(tx, brand.LocationID(strings.TrimPrefix(at.String(), b.ID.Scope().String()+"/location/")))
		if err != nil || l.Brand != b.ID {
			return t, errs.ErrNotFound
		}
		t.Target, t.where = l, b.Name+": "+l.Name
		return t, nil
	}
	return t, errs.Field("scope", "A key works at the platform, a brand or a location.")
}

// owner is whom the key acts for: the person who asks.
func owner(tx *op.Tx, in New) (*user.User, error) {
	c := tx.Caller()
	if c.Person != "" {
		if in.Owner != "" && string(in.Owner) != c.Person {
			return nil, errs.Field("owner", "A key acts for who makes it.")
		}
		return user.Find(tx, user.ID(c.Person))
	}
	return user.Find(tx, in.Owner)
}

var sourceForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,39}$`)

// check cleans and checks what was typed.
func (n *New) check(now time.Time) error {
	var wrong errs.Wrong
	name, err := text.CleanName(n.Name)
	switch {
	case err != nil:
		wrong.Add("name", "%s", err)
	case strings.TrimSpace(name) == "":
		wrong.Add("name", "Give the key a name that says what uses it, such as “Shop backend”.")
	}
	n.Name = name
	if n.Source == "" {
		n.Source = DefaultSource
	}
	if !sourceForm.MatchString(n.Source) {
		wrong.Add("source", "Write up to 40 lower-case letters, digits, dots, hyphens and underscores, such as “shop”.")
	}
	if n.Permissions.Empty() {
		wrong.Add("permissions", "Choose at least one permission.")
	}
	if !n.Permissions.ContainsAll(n.Unattended) || !Unattendable.ContainsAll(n.Unattended) {
		wrong.Add("unattended", "Only permissions of this key can be unattended, and of those only: %s.", labels(Unattendable))
	}
	networks, problem := cleanNetworks(n.Networks)
	if problem != "" {
		wrong.Add("networks", "%s", problem)
	}
	n.Networks = networks
	if life := n.expires(now).Sub(now); life <= 0 || life > LongestLife {
		wrong.Add("expires_at", "A key expires in the future, at most 365 days from now.")
	}
	return wrong.Err()
}

func (n New) expires(now time.Time) time.Time {
	if n.ExpiresAt == 0 {
		return now.Add(UsualLife)
	}
	return time.UnixMilli(n.ExpiresAt)
}

// within refuses a key above its maker, or above whom it acts for.
func (n New) within(tx *op.Tx, owner *user.User) error {
	now, c := tx.Now().UnixMilli(), tx.Caller()
	lacks := n.Permissions.Minus(owner.Holds.EffectiveFor(now, n.Scope, access.Somebody))
	if c.Person != "" {
		lacks = lacks.Union(n.Permissions.Minus(c.Grants.EffectiveFor(now, n.Scope, access.Somebody)))
	}
	if !lacks.Empty() {
		return access.ErrGivesMore.Say("A key cannot hold what you do not hold there yourself: %s. Leave it out, or choose another place.", labels(lacks)).
			With("lacks", lacks.Names())
	}
	if n.Unattended.Empty() || c.Kind == op.Operator || c.Kind == op.System || c.Kind == op.Person && superAdmin(c.Grants, now) {
		return nil
	}
	return ErrUnattended
}

func superAdmin(held access.Grants, now int64) bool {
	for i := range held {
		if held[i].Role == access.SuperAdmin && held[i].InForce(now) {
			return true
		}
	}
	return false
}

func labels(s access.Set) string {
	var names []string
	for p := range s.All {
		names = append(names, p.Label())
	}
	return strings.Join(names, ", ")
}

// tell writes to the owner that there is a new way to act in their name. The token is not in it.
func tell(tx *op.Tx, owner *user.User, k *Key, where string) error {
	return mailing.Post(tx, owner, "api_key_created", mailing.Letter{
		Subject: "A new API key acts for you",
		Lines:   []string{"An API key was made that acts in your name."},
		Facts: []mailing.Fact{
			{Label: "Name", Value: k.Name}, {Label: "Where", Value: where}, {Label: "May", Value: labels(k.Set())},
			{Label: "Until", Value: time.UnixMilli(k.ExpiresAt).UTC().Format("2 Jan 2006")},
		},
		After: []string{"If this was not you, revoke the key under Settings > API keys and change your password."},
	})
}
