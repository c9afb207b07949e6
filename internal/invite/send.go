package invite

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/security"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// Sending is what the inviter says besides whom and which role.
type Sending struct {
	Send    bool   `json:"send"`              // mail the link; else it is shown once to the inviter
	Message string `json:"message,omitempty"` // a few words of their own: plain text
}

// MessageLength is how long the inviter's own words may be, in characters (security.md, Mail).
const MessageLength = 500

// Begin makes the invitation of an account to a role, and sends it. It gives the token where the inviter hands the link over.
func Begin(tx *op.Tx, u *user.User, grants []role.Grant, s Sending) (i *Invitation, token string, err error) {
	message, err := text.CleanLines(s.Message, MessageLength)
	if err != nil {
		return nil, "", errs.Field("message", "%s", errs.Of(err).Detail)
	}
	i = &Invitation{
		ID: id.New("inv_", tx.Now()), Brand: u.Brand, User: u.ID, Inviter: voucher(tx.Caller()), CreatedAt: tx.Now().UnixMilli(),
	}
	i.offers(grants)
	if message != "" {
		if i.MessageBox, err = tx.Seal(string(u.ID), message); err != nil {
			return nil, "", err
		}
	}
	if token, err = i.renew(tx, u, s.Send); err != nil {
		return nil, "", err
	}
	err = Table.Insert(tx, i)
	if _, taken := store.IsUnique(err); taken { // by somebody who came at the same moment
		return nil, "", ErrPending.Because(err)
	}
	if err != nil {
		return nil, "", err
	}
	return i.sent(tx, u, token, message)
}

// sent mails the link, or hands the token on to who shows it.
func (i *Invitation) sent(tx *op.Tx, u *user.User, token, message string) (*Invitation, string, error) {
	if !i.Mailed {
		return i, token, nil
	}
	return i, "", i.post(tx, u, token, message)
}

// voucher is who answers for an invitation: a person, themself or by their key.
func voucher(c *op.Caller) user.ID { return user.ID(c.Person) }

// renew makes another link, for the address that the account has now, and the whole time from now on. The link before it is dead.
func (i *Invitation) renew(tx *op.Tx, u *user.User, mailed bool) (token string, err error) {
	if !mailed && i.SuperAdmin() && !trusted(tx.Caller()) {
		return "", ErrByMail
	}
	rules, err := security.Load(tx)
	if err != nil {
		return "", err
	}
	if i.AddressBox, err = tx.Seal(string(u.ID), u.Email); err != nil {
		return "", err
	}
	i.AddressMAC = addressOf(tx, u)
	token, i.Token = secret.Token()
	i.Mailed, i.SentAt = mailed, tx.Now().UnixMilli()
	i.ExpiresAt = tx.Now().Add(time.Duration(rules.InvitationHours) * time.Hour).UnixMilli()
	return token, nil
}

// How often one invitation may be sent again (security.md A0).
const (
	maxResends   = 10
	resendWindow = 24 * time.Hour
)

// count notes one more resend, or refuses it.
func (i *Invitation) count(now time.Time) error {
	recent := slices.DeleteFunc(strings.Fields(i.Resent), func(at string) bool {
		ms, err := strconv.ParseInt(at, 10, 64)
		return err != nil || now.Sub(time.UnixMilli(ms)) >= resendWindow
	})
	if len(recent) >= maxResends {
		first, _ := strconv.ParseInt(recent[0], 10, 64)
		return ErrResends.After(time.UnixMilli(first).Add(resendWindow).Sub(now))
	}
	i.Resent = strings.Join(append(recent, strconv.FormatInt(now.UnixMilli(), 10)), " ")
	i.Resends++
	return nil
}

// Again names an invitation to be sent again.
type Again struct {
	Invitation string `json:"invitation"`
	Show       bool   `json:"show,omitempty"` // show the new link once instead of mailing it
}

// Sent is what became of it.
type Sent struct {
	Invitation string `json:"invitation"`
	Expires    int64  `json:"expires"`
	Token      string `json:"-"` // only where the link is handed over; never kept with an answer
}

// Resend makes a new link with the whole time, mails it and kills the one before (checklist 232, 233). Who sends it vouches for it
// from then on, so that an invitation outlives its first inviter only through somebody who may give the same.
var Resend = &op.Action[Again, sending, Sent]{
	Name: "invitation.resend", Summary: "Send an invitation again, with a new link", Allow: access.UsersInvite, NotSelf: true,
	Target: func(tx *op.Tx, in Again) (s sending, err error) {
		if s.Invitation, err = Table.Find(tx, in.Invitation); err != nil {
			return s, err
		}
		s.user, err = user.Find(tx, s.User)
		return s, unlessMissing(err, nil)
	},
	Do: func(tx *op.Tx, s sending, in Again) (out Sent, err error) {
		switch i := s.Invitation; {
		case i.AcceptedAt != 0:
			return out, ErrAccepted
		case i.RevokedAt != 0 || s.user == nil:
			return out, ErrRevoked
		}
		if !MayBeInvited(s.user) {
			return out, ErrStatus
		}
		if !trusted(tx.Caller()) {
			if err := s.MayBeGivenBy(tx.Caller().Grants, tx.Now()); err != nil {
				return out, err
			}
		}
		if s.Until != 0 && s.Until <= tx.Now().UnixMilli() {
			return out, ErrOver
		}
		if err := s.count(tx.Now()); err != nil {
			return out, err
		}
		s.Inviter = voucher(tx.Caller())
		token, err := s.renew(tx, s.user, !in.Show)
		if err != nil {
			return out, err
		}
		if err := Table.Update(tx, s.Invitation); err != nil {
			return out, err
		}
		message, err := s.message(tx)
		if err != nil {
			return out, err
		}
		_, out.Token, err = s.sent(tx, s.user, token, message)
		out.Invitation, out.Expires = s.ID, s.ExpiresAt
		return out, err
	},
}

// sending is an invitation with its account, which is nil where a revoked invitation took it along.
type sending struct {
	*Invitation
	user *user.User
}

// MayBeInvited says whether an invitation to this account can come to anything: nothing but an explicit act of staff lets a
// deactivated, suspended or banned person in again (security.md A-LOG 7).
func MayBeInvited(u *user.User) bool { return u.Status == user.Invited || u.Status == user.Active }

// Follow keeps the invitation of an account true when its address or its role is changed. An invited person gets a new link by
// mail, and who changed the role vouches for it; grants is nil where only the address changed. Of an account that was there before,
// the invitation ends: it was for another address, or for a role that is decided otherwise now.
func Follow(tx *op.Tx, u *user.User, grants []role.Grant) error {
	i, err := OpenFor(tx, u.ID)
	if errors.Is(err, errs.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if u.Status != user.Invited {
		return i.End(tx)
	}
	if grants != nil {
		i.offers(grants)
		i.Inviter = voucher(tx.Caller())
	}
	token, err := i.renew(tx, u, true)
	if err != nil {
		return err
	}
	if err := Table.Update(tx, i); err != nil {
		return err
	}
	message, err := i.message(tx)
	if err != nil {
		return err
	}
	return i.post(tx, u, token, message)
}

// End revokes an open invitation: its link is dead from now on.
func (i *Invitation) End(tx *op.Tx) error {
	i.RevokedAt, i.Token = tx.Now().UnixMilli(), ""
	return Table.Update(tx, i)
}

// Take marks an invitation as accepted.
func (i *Invitation) Take(tx *op.Tx) error {
	i.AcceptedAt, i.Token = tx.Now().UnixMilli(), ""
	return Table.Update(tx, i)
}

// unsealer opens sealed values.
type unsealer interface {
	Unseal(person, box string) (string, error)
}

func (i *Invitation) message(from unsealer) (string, error) {
	if i.MessageBox == "" {
		return "", nil
	}
	return from.Unseal(string(i.User), i.MessageBox)
}

func unlessMissing(err, otherwise error) error {
	if errors.Is(err, errs.ErrNotFound) {
		return otherwise
	}
	return err
}

// places names the nodes of an invitation in words: "Aurora Goods: York, Leeds".
func (i *Invitation) places(r store.Reader) (string, error) {
	var brands []string
	at := map[string][]string{}
	for _, s := range strings.Fields(i.Scopes) {
		node, err := access.ParseScope(s)
		if err != nil {
			continue
		}
		name := "the platform, and every brand"
		if node.BrandID() != "" {
			b, err := brand.Find(r, brand.ID(node.BrandID()))
			if err != nil {
				return "", err
			}
			name = b.Name
		}
		if !slices.Contains(brands, name) {
			brands = append(brands, name)
		}
		if node.LocationID() != "" {
			l, err := brand.FindLocation(r, brand.LocationID(node.LocationID()))
			if err != nil {
				return "", err
			}
			at[name] = append(at[name], l.Name)
		}
	}
	for n, name := range brands {
		if len(at[name]) > 0 {
			brands[n] = name + ": " + strings.Join(at[name], ", ")
		}
	}
	return strings.Join(brands, "; "), nil
}
