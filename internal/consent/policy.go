package consent

import (
	"net/url"
	"strings"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/setting"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// Policy is a brand's privacy policy: its text, or where it is. Without a version there is none, and nobody is asked.
type Policy struct {
	Version string `json:"version"`
	Text    string `json:"text,omitempty"`
	URL     string `json:"url,omitempty"`
	Since   int64  `json:"since,omitempty"` // when this version was set; epoch ms
}

// The setting that keeps it.
const privacyGroup = "privacy"

// PolicyOf reads a brand's policy.
func PolicyOf(r store.Reader, b brand.ID) (p Policy, version int64, err error) {
	version, err = setting.Load(r, b.Scope(), privacyGroup, &p)
	return p, version, err
}

// PolicyShown is the policy with the version of its setting.
type PolicyShown struct {
	Policy
	Setting int64
}

// ShowPolicy reads a brand's policy. Everybody may: it is asked of who registers.
var ShowPolicy = &op.Query[brand.ID, PolicyShown]{
	Name: "privacy_policy.show", Summary: "Read a brand's privacy policy", Open: true,
	Do: func(v *op.View, b brand.ID) (s PolicyShown, err error) {
		s.Policy, s.Setting, err = PolicyOf(v, b)
		return s, err
	},
}

// PolicyChange sets a brand's policy.
type PolicyChange struct {
	Brand   brand.ID `json:"brand"`
	Setting int64    `json:"setting,omitempty"` // what the author saw; 0 is whatever there is
	Version string   `json:"version"`
	Text    string   `json:"text,omitempty"`
	URL     string   `json:"url,omitempty"`
}

const (
	maxVersion = 40
	maxText    = 50_000
)

// ChangePolicy sets a brand's policy. Every customer is asked to accept another version.
var ChangePolicy = &op.Action[PolicyChange, *brand.Brand, op.None]{
	Name: "privacy_policy.change", Summary: "Set a brand's privacy policy; another version is asked of every customer again", Allow: access.SettingsEdit,
	Target: func(tx *op.Tx, in PolicyChange) (*brand.Brand, error) { return brand.Find(tx, in.Brand) },
	Do: func(tx *op.Tx, b *brand.Brand, in PolicyChange) (none op.None, err error) {
		p, err := in.policy()
		if err != nil {
			return none, err
		}
		now, _, err := PolicyOf(tx, b.ID)
		if err != nil {
			return none, err
		}
		if p.Since = now.Since; p.Version != now.Version {
			p.Since = tx.Now().UnixMilli()
		} else if p != now && now.Version != "" {
			return none, errs.Field("version", "Give a changed policy another version: version %s was accepted as it is.", now.Version)
		}
		if p.Version == "" {
			p.Since = 0
		}
		if p == now {
			return none, nil
		}
		return none, setting.Save(tx, b.ID.Scope(), privacyGroup, p, in.Setting)
	},
}

// policy checks what was typed.
func (in PolicyChange) policy() (p Policy, err error) {
	var wrong errs.Wrong
	p = Policy{Version: strings.TrimSpace(in.Version), URL: strings.TrimSpace(in.URL)}
	if p.Text, err = text.CleanLines(in.Text, maxText); err != nil {
		wrong.Add("text", "%s", err)
	}
	if clean, err := text.CleanName(p.Version); err != nil || clean != p.Version || len(p.Version) > maxVersion {
		wrong.Add("version", "Write a version of at most %d characters, such as 2026-11.", maxVersion)
	}
	switch u, err := url.Parse(p.URL); {
	case p.URL != "" && (err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || len(p.URL) > 500):
		wrong.Add("url", "Write a whole address that begins with https://.")
	case p.Version != "" && p.URL == "" && p.Text == "":
		wrong.Add("text", "Write the text, or the address where it is.")
	case p.URL != "" && p.Text != "":
		wrong.Add("url", "Either the text or an address, not both.")
	case p.Version == "" && (p.URL != "" || p.Text != ""):
		wrong.Add("version", "Give the policy a version, such as 2026-11: it is noted with whoever accepts it.")
	}
	return p, wrong.Err()
}

// ErrPolicyMoved refuses to accept what is not the policy any more.
var ErrPolicyMoved = errs.New(errs.Stale, "policy_changed", "The privacy policy has changed since you opened this page. Read it again, then accept it.")

// Accepts refuses a registration that does not accept the policy of the brand, and gives the version that it accepts; empty where the
// brand has none.
func Accepts(r store.Reader, b brand.ID, version string) (string, error) {
	p, _, err := PolicyOf(r, b)
	switch {
	case err != nil || p.Version == "":
		return "", err
	case version == "":
		return "", errs.Field("policy", "Accept the privacy policy to make an account.")
	case version != p.Version:
		return "", errs.Field("policy", "%s", ErrPolicyMoved.Detail)
	}
	return p.Version, nil
}

// Acceptance is the version that somebody accepts.
type Acceptance struct {
	Version string `json:"version"`
}

// AcceptPolicy notes that one accepts the policy as it is now.
var AcceptPolicy = &op.Action[Acceptance, *user.User, op.None]{
	Name: "privacy_policy.accept", Summary: "Accept the privacy policy", Own: true,
	Target: func(tx *op.Tx, _ Acceptance) (*user.User, error) { return user.Find(tx, user.ID(tx.Caller().Person)) },
	Do: func(tx *op.Tx, u *user.User, in Acceptance) (none op.None, err error) {
		p, _, err := PolicyOf(tx, u.Brand)
		if err != nil {
			return none, err
		}
		if p.Version == "" || in.Version != p.Version {
			return none, ErrPolicyMoved
		}
		return none, Note(tx, u, PrivacyPolicy, true, Proof{Source: ByAccount, Text: p.Version, IP: tx.Caller().IP})
	},
}

// Standing is the policy as it stands with one person.
type Standing struct {
	Policy
	Accepted   string // the version that they accepted last; empty: none
	AcceptedAt int64
}

// Due says whether they are to be asked.
func (s Standing) Due() bool { return s.Version != "" && s.Accepted != s.Version }

// OwnPolicy reads the policy of one's brand, and which version one has accepted.
var OwnPolicy = &op.Query[op.None, Standing]{
	Name: "privacy_policy.mine", Summary: "Read the privacy policy, and which version one has accepted", Own: true,
	Do: func(v *op.View, _ op.None) (s Standing, err error) {
		if err := v.Signed(); err != nil {
			return s, err
		}
		u, err := user.Find(v, user.ID(v.Caller().Person))
		if err != nil {
			return s, err
		}
		if s.Policy, _, err = PolicyOf(v, u.Brand); err != nil {
			return s, err
		}
		r, err := last(v, u.ID, PrivacyPolicy)
		if err == nil && r != nil && r.Given {
			s.Accepted, s.AcceptedAt = r.Text, r.At
		}
		return s, err
	},
}
