// Package privacy archives people, restores them, and erases them for good.
//
//	active ──archive──► archived ──restore──► as before, without what lets them in
//	                        │
//	                        └──30 days──► erased        (nothing leads back)
//
// Archiving hides a person in one transaction: every field that tells who they are takes a placeholder, what it was goes into a
// vault, sealed with the person's own key, and every other value sealed for them is shown to nobody from that instant on
// (op.Tx.Hide). The key stays, so that a Super Admin can restore them within the grace period. Orders, entries and the audit log
// stay as they are: they know an id.
//
// Erasing is what happens when the grace period is over. It destroys the key, in the key store, and then everything that was not
// sealed; eraser.go says in which order and why. The audit log still verifies: it hashes what was sealed.
//
// Start with holdings.go: every table that keeps something of a person, and what becomes of it. docs/privacy.md has the same for
// people.
package privacy

import (
	"encoding/json"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// Operations is what can be done for a person's privacy.
var Operations = []op.Operation{Archive, Restore, Show, State, look, due, doom, Erase, Cleanse, Delete, AskDeletion, WithdrawDeletion, RefuseDeletion, Requests, OwnRequest, FindRequest}

// Reason is why somebody was archived.
type Reason string

// The reasons (checklist 216).
const (
	GDPRRequest Reason = "gdpr_request"
	Fraud       Reason = "fraud"
	Duplicate   Reason = "duplicate"
	Other       Reason = "other"
)

// Reasons lists them.
var Reasons = []Reason{GDPRRequest, Fraud, Duplicate, Other}

// Label is the reason for people.
func (r Reason) Label() string {
	return map[Reason]string{GDPRRequest: "GDPR request", Fraud: "Fraud", Duplicate: "Duplicate", Other: "Other"}[r]
}

// vault is what an archived person was.
type vault struct {
	User       user.ID  `db:"user_id,key"`
	Brand      brand.ID `db:"brand_id"`
	Box        string   `db:"box"` // an original, sealed for the person
	Reason     Reason   `db:"reason"`
	ArchivedBy string   `db:"archived_by"`
	ArchivedAt int64    `db:"archived_at"`
	DueAt      int64    `db:"due_at"`
	DoomedAt   int64    `db:"doomed_at"`
}

var vaults = op.Bookkeeping[vault]("vaults")

// original is what a vault gives back.
type original struct {
	FirstName     string              `json:"first_name,omitempty"`
	LastName      string              `json:"last_name,omitempty"`
	Email         string              `json:"email,omitempty"`
	EmailVerified int64               `json:"email_verified,omitempty"`
	EmailAttested int64               `json:"email_attested,omitempty"`
	Phone         string              `json:"phone,omitempty"`
	PhoneVerified int64               `json:"phone_verified,omitempty"`
	IDVerified    int64               `json:"id_verified,omitempty"`
	IDVerifiedBy  string              `json:"id_verified_by,omitempty"`
	Born          string              `json:"born,omitempty"`
	Address       string              `json:"address,omitempty"`
	Country       string              `json:"country,omitempty"`
	StatusReason  string              `json:"status_reason,omitempty"`
	StatusMessage string              `json:"status_message,omitempty"`
	StatusUntil   int64               `json:"status_until,omitempty"`
	StatusSince   int64               `json:"status_since,omitempty"`
	StatusBy      string              `json:"status_by,omitempty"`
	BanReason     string              `json:"ban_reason,omitempty"`
	Externals     []customer.External `json:"externals,omitempty"`
}

func originalOf(u *user.User, externals []customer.External) original {
	return original{
		FirstName: u.FirstName, LastName: u.LastName, Email: u.Email, EmailVerified: u.EmailVerified, EmailAttested: u.EmailAttested,
		Phone: u.Phone, PhoneVerified: u.PhoneVerified, IDVerified: u.IDVerified, IDVerifiedBy: u.IDVerifiedBy, Born: u.Born,
		Address: u.Address, Country: u.Country, StatusReason: u.StatusReason, StatusMessage: u.StatusMessage, StatusUntil: u.StatusUntil,
		StatusSince: u.StatusSince, StatusBy: u.StatusBy, BanReason: u.BanReason, Externals: externals,
	}
}

func (o *original) giveBack(u *user.User) {
	u.FirstName, u.LastName, u.Email, u.EmailVerified, u.EmailAttested = o.FirstName, o.LastName, o.Email, o.EmailVerified, o.EmailAttested
	u.Phone, u.PhoneVerified, u.IDVerified, u.IDVerifiedBy, u.Born = o.Phone, o.PhoneVerified, o.IDVerified, o.IDVerifiedBy, o.Born
	u.Address, u.Country, u.StatusReason, u.StatusMessage, u.StatusUntil = o.Address, o.Country, o.StatusReason, o.StatusMessage, o.StatusUntil
	u.StatusSince, u.StatusBy, u.BanReason = o.StatusSince, o.StatusBy, o.BanReason
}

func (v *vault) fill(tx *op.Tx, o original) error {
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	v.Box, err = tx.Seal(string(v.User), string(text))
	return err
}

func (v *vault) open(tx *op.Tx) (o original, err error) {
	text, err := tx.Unseal(string(v.User), v.Box)
	if err != nil {
		return o, err
	}
	return o, json.Unmarshal([]byte(text), &o)
}

// over says whether the time to restore is over.
func (v *vault) over(now time.Time) bool { return v.DoomedAt != 0 || now.UnixMilli() >= v.DueAt }

// ErrTooLate refuses to restore when the grace period is over.
var ErrTooLate = errs.New(errs.Gone, "archive_over", "The time in which this person could be restored is over. Everything about them is erased, or is just being erased.")
