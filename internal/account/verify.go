package account

import (
	"strings"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/user"
)

// Refusals of what is verified.
var (
	ErrNoAddress = errs.New(errs.Conflict, "no_email", "This account has no e-mail address to send a link to. Add one first.")
	ErrNoPhone   = errs.New(errs.Conflict, "no_phone", "This account has no telephone number. Add one first.")
	ErrConfirmed = errs.New(errs.Conflict, "email_confirmed", "This address is confirmed already, so there is nothing to send.")
	ErrGone      = errs.New(errs.Conflict, "account_gone", "This account is archived or erased, so there is nobody to verify. A Super Admin can restore an archived one first.")
)

// VerifyIdentity marks that somebody has seen a person's identity papers. It needs a fresh proof, and nobody does it for themself.
var VerifyIdentity = &op.Action[one, *user.User, op.None]{
	Name: "user.verify_identity", Summary: "Mark a person's ID as verified", Allow: access.UsersVerifyIdentity, NotSelf: true,
	StepUpIf: func(u *user.User, _ one) bool { return u.IDVerified == 0 },
	Confirm: func(u *user.User, _ one) op.Confirmation {
		return op.Confirmation{Title: "Mark the ID of " + called(u) + " as verified", Button: "Mark as verified", Facts: []op.Fact{{Label: "ID check", Value: "not verified → verified"}}}
	},
	Target: func(tx *op.Tx, in one) (*user.User, error) { return find(tx, in.User) },
	Do: func(tx *op.Tx, u *user.User, _ one) (op.None, error) {
		if gone(u) {
			return op.None{}, ErrGone
		}
		if u.IDVerified == 0 {
			u.IDVerified, u.IDVerifiedBy = tx.Now().UnixMilli(), tx.Caller().ID
		}
		return op.None{}, user.Save(tx, u)
	},
}

// UnverifyIdentity takes the mark back.
var UnverifyIdentity = &op.Action[one, *user.User, op.None]{
	Name: "user.unverify_identity", Summary: "Take back that a person's ID is verified", Allow: access.UsersVerifyIdentity, NotSelf: true,
	StepUpIf: func(u *user.User, _ one) bool { return u.IDVerified != 0 },
	Confirm: func(u *user.User, _ one) op.Confirmation {
		return op.Confirmation{Title: "Take back that the ID of " + called(u) + " is verified", Button: "Take it back", Facts: []op.Fact{{Label: "ID check", Value: "verified → not verified"}}}
	},
	Target: func(tx *op.Tx, in one) (*user.User, error) { return find(tx, in.User) },
	Do: func(tx *op.Tx, u *user.User, _ one) (op.None, error) {
		u.IDVerified, u.IDVerifiedBy = 0, ""
		return op.None{}, user.Save(tx, u)
	},
}

// PhoneCheck says that a telephone number is, or is not, the person's: somebody has called it. The reason says how they know.
type PhoneCheck struct {
	User   user.ID `json:"user"`
	Reason string  `json:"reason"`
}

// Why is the reason, for the log.
func (p PhoneCheck) Why() string { return p.Reason }

// VerifyPhone marks a person's telephone number as verified.
var VerifyPhone = checkPhone("user.verify_phone", "Mark a person's telephone number as verified", true)

// UnverifyPhone takes the mark back.
var UnverifyPhone = checkPhone("user.unverify_phone", "Take back that a telephone number is verified", false)

func checkPhone(name, summary string, verified bool) *op.Action[PhoneCheck, editing, op.None] {
	return &op.Action[PhoneCheck, editing, op.None]{
		Name: name, Summary: summary, Allow: access.UsersEdit, NotSelf: true,
		AllowFor: func(t editing, _ PhoneCheck) access.Permission { return t.permission },
		Target:   func(tx *op.Tx, in PhoneCheck) (editing, error) { return edited(tx, in.User) },
		Do: func(tx *op.Tx, t editing, in PhoneCheck) (op.None, error) {
			u := t.User
			if verified == (u.PhoneVerified != 0) {
				return op.None{}, nil
			}
			var wrong errs.Wrong
			if cleanReason(in.Reason, &wrong); wrong.Err() != nil {
				return op.None{}, errs.Field("reason", "Say how you know. The reason is kept in the audit log.")
			}
			switch {
			case gone(u):
				return op.None{}, ErrGone
			case !verified:
				u.PhoneVerified = 0
			case u.Phone == "":
				return op.None{}, ErrNoPhone
			default:
				u.PhoneVerified = tx.Now().UnixMilli()
			}
			return op.None{}, user.Save(tx, u)
		},
	}
}

// SendConfirmation mails a person the link that confirms their address: once, within a day. Opening it uses nothing up.
var SendConfirmation = &op.Action[one, editing, op.None]{
	Name: "user.send_confirmation", Summary: "Send a person the link that confirms their e-mail address", Allow: access.UsersEdit, Own: true,
	AllowFor: func(t editing, _ one) access.Permission { return t.permission },
	Target:   func(tx *op.Tx, in one) (editing, error) { return edited(tx, in.User) },
	Do: func(tx *op.Tx, t editing, _ one) (op.None, error) {
		u := t.User
		switch {
		case gone(u):
			return op.None{}, ErrGone
		case strings.TrimSpace(u.Email) == "":
			return op.None{}, ErrNoAddress
		case u.EmailVerified != 0 && u.EmailAttested == 0:
			return op.None{}, ErrConfirmed
		}
		if err := auth.MayMail(tx, u.ID, auth.ConfirmEmail); err != nil {
			return op.None{}, err
		}
		token, expires, err := auth.NewConfirmation(tx, u)
		if err != nil {
			return op.None{}, err
		}
		tx.Note("link", "confirm the e-mail address")
		return op.None{}, mailing.Post(tx, u, "confirm_email", mailing.Letter{
			Subject: "Confirm your e-mail address",
			Lines:   []string{"Please confirm that this address is yours."},
			Button:  "Confirm this address",
			Path:    "/confirm?token=" + token,
			After:   []string{"The link is good for 24 hours, once. If you have no account with us, do nothing: nothing happens then."},
			Expires: expires.UnixMilli(),
		})
	},
}

// gone says whether nobody is behind the account any more.
func gone(u *user.User) bool { return u.Status == user.Archived || u.Status == user.Erased }
