package invite

import (
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/user"
)

// Path is where a link leads, below the public URL.
func Path(token string) string { return "/invitation?token=" + token }

// post mails the link: role, place, who invites, until when, and the inviter's own words (checklist 15, 16, 228-231).
func (i *Invitation) post(tx *op.Tx, u *user.User, token, message string) error {
	where, err := i.places(tx)
	if err != nil {
		return err
	}
	home, zone, err := homeOf(tx, i.Brand)
	if err != nil {
		return err
	}
	by, err := i.by(tx)
	if err != nil {
		return err
	}
	do := "Accept and choose a password"
	what := "With the button below you choose a password. Nothing happens before that."
	if u.Status != user.Invited {
		do, what = "Sign in and accept", "You have an account with this address already. With the button below you sign in to it and accept. Nothing happens before that."
	}
	lines := []string{by + " invites you to the staff of " + home + "."}
	if message != "" {
		lines = append(lines, by+" writes:", "“"+message+"”")
	}
	return mailing.Post(tx, u, "invitation", mailing.Letter{
		Subject: "Invitation to the staff of " + home,
		Lines:   append(lines, what),
		Facts: []mailing.Fact{
			{Label: "Role", Value: i.RoleName()}, {Label: "Where", Value: where}, {Label: "Invited by", Value: by},
			{Label: "Good until", Value: time.UnixMilli(i.ExpiresAt).In(zone).Format("2 Jan 2006, 15:04 MST")},
		},
		Button: do, Path: Path(token), Expires: i.ExpiresAt,
		After: []string{"The link is good once, and for nobody but you. If you do not know " + by + ", do nothing: without you, nothing comes of it."},
	})
}

// Welcome tells who has accepted how they get in and where to begin, and who invited them that they did (checklist 17).
func (i *Invitation) Welcome(tx *op.Tx, u *user.User) error {
	where, err := i.places(tx)
	if err != nil {
		return err
	}
	home, _, err := homeOf(tx, i.Brand)
	if err != nil {
		return err
	}
	by, err := i.by(tx)
	if err != nil {
		return err
	}
	err = mailing.Post(tx, u, "welcome", mailing.Letter{
		Subject: "Welcome to the staff of " + home,
		Lines: []string{
			"Your account is ready. Sign in with your e-mail address and your password, at the address below. Keep it as a bookmark.",
			"First steps: look through Overview, which says what your role is and where it holds. Press ? on any page for what the keyboard does. What your role does not include is not shown, and a refusal says who can give it.",
		},
		Facts: []mailing.Fact{
			{Label: "Sign in as", Value: u.Email}, {Label: "Role", Value: i.RoleName()}, {Label: "Where", Value: where}, {Label: "Invited by", Value: by},
		},
		Button: "Sign in", Path: "/admin/sign-in",
		After: []string{
			"How the desk works, and how programs use it, is written in the documentation that came with Steward: docs/README.md in its source. Ask " + by + " where your copy is.",
			"Nobody here will ever ask you for your password.",
		},
	})
	if err != nil || i.Inviter == "" {
		return err
	}
	inviter, err := user.Find(tx, i.Inviter)
	if err != nil || !inviter.Status.MaySignIn() {
		return unlessMissing(err, nil)
	}
	return mailing.Post(tx, inviter, "invitation_accepted", mailing.Letter{
		Subject: "An invitation of yours was accepted",
		Lines:   []string{"Somebody whom you invited has joined the staff of " + home + "."},
		Facts:   []mailing.Fact{{Label: "Who", Value: who(u)}, {Label: "Role", Value: i.RoleName()}, {Label: "Where", Value: where}},
		Button:  "See the invitations", Path: "/admin/users/invitations",
		After: []string{"Show them round, and look after a month whether the role still fits."},
	})
}

// Moved tells the old address of an invited person that its link is dead.
func Moved(tx *op.Tx, u *user.User, old string) error {
	home, _, err := homeOf(tx, u.Brand)
	if err != nil {
		return err
	}
	return mailing.PostTo(tx, u, old, "invitation_moved", mailing.Letter{
		Subject: "Your invitation to the staff of " + home + " was sent to another address",
		Lines:   []string{"The link that you were sent is not valid any more: the invitation goes to another address now."},
		After:   []string{"If that is not right, answer this mail."},
	})
}

// homeOf names the brand of an account, and its zone.
func homeOf(r store.Reader, b brand.ID) (name string, zone *time.Location, err error) {
	if b == brand.Platform {
		return "Steward", time.UTC, nil
	}
	found, err := brand.Find(r, b)
	if err != nil {
		return "", nil, err
	}
	return found.Name, found.Location(), nil
}

// by names who sent it.
func (i *Invitation) by(r store.Reader) (string, error) {
	if i.Inviter == "" {
		return "The operator of this installation", nil
	}
	u, err := user.Find(r, i.Inviter)
	if err != nil {
		return "A colleague", unlessMissing(err, nil)
	}
	return who(u), nil
}

func who(u *user.User) string {
	if u.Name() != "" {
		return u.Name()
	}
	return u.Email
}
