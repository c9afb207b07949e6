package account

import (
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/invite"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/user"
)

// Withdraw revokes an invitation: its link is dead at once. An account that was made for it and never used goes with it, so that its
// address is free again and no list shows somebody who never was here; it has no history, and the invitation and the log tell that
// it was. An account that was there before stays as it is.
var Withdraw = &op.Action[WithdrawnInvitation, withdrawing, op.None]{
	Name: "invitation.revoke", Summary: "Revoke an invitation", Allow: access.UsersInvite, NotSelf: true,
	Target: func(tx *op.Tx, in WithdrawnInvitation) (t withdrawing, err error) {
		if t.Invitation, err = invite.Table.Find(tx, in.Invitation); err != nil || !t.Open() {
			return t, err
		}
		t.user, err = find(tx, t.User)
		return t, err
	},
	Do: func(tx *op.Tx, t withdrawing, _ WithdrawnInvitation) (op.None, error) {
		switch {
		case t.RevokedAt != 0:
			return op.None{}, nil
		case t.AcceptedAt != 0:
			return op.None{}, invite.ErrAccepted
		}
		if err := t.End(tx); err != nil || t.user.Status != user.Invited {
			return op.None{}, err
		}
		if err := auth.KillPending(tx, t.user.ID); err != nil {
			return op.None{}, err
		}
		grants, err := role.Of(tx, string(t.user.ID))
		for i := range grants {
			if err == nil {
				err = role.End(tx, &grants[i])
			}
		}
		if err != nil {
			return op.None{}, err
		}
		if _, err := staffEmails.Clear(tx, "where user_id = $1", string(t.user.ID)); err != nil {
			return op.None{}, err
		}
		return op.None{}, user.Remove(tx, t.user)
	},
}

// WithdrawnInvitation names an invitation to be revoked.
type WithdrawnInvitation struct {
	Invitation string `json:"invitation"`
}

type withdrawing struct {
	*invite.Invitation
	user *user.User
}
