package mailing

import (
	"errors"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// mentioned is how a letter about somebody is found when they are archived.
const mentioned = "mail"

// Drop ends the mail of somebody who is archived: what waits for them is not sent any more, and what was written to others about
// them is emptied. What was sent to them stays sealed with their key.
func Drop(tx *op.Tx, person string) error {
	waiting, err := Mails.All(tx, "where user_id = $1 and state = 'waiting'", person)
	if err != nil {
		return err
	}
	for i := range waiting {
		waiting[i].State = Expired
		if err := Mails.Update(tx, &waiting[i]); err != nil {
			return err
		}
	}
	about, err := tx.Mentioned(mentioned, person)
	if err != nil {
		return err
	}
	for _, id := range about {
		m, err := Mails.Find(tx, id)
		if errors.Is(err, errs.ErrNotFound) { // erased with its recipient
			continue
		}
		if err != nil {
			return err
		}
		m.LetterBox = ""
		if m.State == Waiting {
			m.State = Expired
		}
		if err := Mails.Update(tx, m); err != nil {
			return err
		}
	}
	return nil
}
