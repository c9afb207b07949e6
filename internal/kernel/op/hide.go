package op

import (
	"errors"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// ErrHidden is the answer for a sealed value of somebody who is archived. The key is still there; nobody is given what it opens.
var ErrHidden = errs.New(errs.Gone, "value_hidden", "This value belongs to somebody who was archived, and is shown to nobody.")

// hiddenPerson is somebody whose sealed values are shown to nobody.
type hiddenPerson struct {
	Person   string `db:"person,key"`
	HiddenAt int64  `db:"hidden_at"`
	ErasedAt int64  `db:"erased_at"` // the key is gone, or about to go, for good
}

var hiddenPersons = Bookkeeping[hiddenPerson]("hidden_persons")

// Hide closes every sealed value of a person for everybody, with this transaction. The key stays.
func (tx *Tx) Hide(person string) error {
	return hiddenPersons.Put(tx, hiddenPerson{Person: person, HiddenAt: tx.now.UnixMilli()})
}

// Unhide opens them again. Who is erased stays closed.
func (tx *Tx) Unhide(person string) error {
	_, err := hiddenPersons.Clear(tx, "where person = $1 and erased_at = 0", person)
	return err
}

// Erased closes them for good: also where a key store from before brings the key back.
func (tx *Tx) Erased(person string) error {
	at := tx.now.UnixMilli()
	return hiddenPersons.Put(tx, hiddenPerson{Person: person, HiddenAt: at, ErasedAt: at})
}

// Unseal opens a value sealed with the person's key, unless they are hidden.
func (tx *Tx) Unseal(person, box string) (string, error) {
	if err := mayOpen(tx, person); err != nil {
		return "", err
	}
	plain, err := tx.door.keys.Open(tx.Context(), person, box)
	return string(plain), err
}

// Unseal opens a value sealed with the person's key. Whether the person is hidden is read from the same snapshot as everything else
// that the query answers: ErrHidden while they are archived, secret.ErrErased when they were erased.
func (v *View) Unseal(person, box string) (string, error) {
	if err := v.mayOpen(person); err != nil {
		return "", err
	}
	plain, err := v.door.keys.Open(v.Context(), person, box)
	return string(plain), err
}

// mayOpen asks once for each person and view.
func (v *View) mayOpen(person string) error {
	if err, asked := v.hidden[person]; asked {
		return err
	}
	err := mayOpen(v, person)
	if err == nil || errors.Is(err, ErrHidden) || errors.Is(err, secret.ErrErased) {
		if v.hidden == nil {
			v.hidden = map[string]error{}
		}
		v.hidden[person] = err
	}
	return err
}

func mayOpen(r store.Reader, person string) error {
	var erased int64
	err := r.QueryRow("select erased_at from hidden_persons where person = $1", person).Scan(&erased)
	switch {
	case errors.Is(err, store.ErrNoRows):
		return nil
	case err != nil:
		return err
	case erased != 0:
		return secret.ErrErased
	}
	return ErrHidden
}

// mention is a row that is sealed for one person and tells about another.
type mention struct {
	Person string `db:"person,key"`
	Kind   string `db:"kind,key"`
	Ref    string `db:"ref,key"`
}

var mentions = Bookkeeping[mention]("mentions")

// mentionStepUp is the kind of a step-up's own rows.
const mentionStepUp = "step_up"

// Mention notes that a row, sealed for somebody else, tells about these persons, so that it can be found when one of them is
// archived. kind and ref name the row for whoever keeps it.
func (tx *Tx) Mention(kind, ref string, persons ...string) error {
	for _, p := range persons {
		if p == "" {
			continue
		}
		if err := mentions.Put(tx, mention{p, kind, ref}); err != nil {
			return err
		}
	}
	return nil
}

// Mentioned gives the rows of a kind that tell about a person, and forgets that they do: the caller empties them.
func (tx *Tx) Mentioned(kind, person string) ([]string, error) {
	refs, err := store.All(tx, func(row store.Row) (s string, err error) { return s, row.Scan(&s) },
		"select ref from mentions where person = $1 and kind = $2 order by ref", person, kind)
	if err != nil {
		return nil, err
	}
	_, err = mentions.Clear(tx, "where person = $1 and kind = $2", person, kind)
	return refs, err
}

// DropPending ends what a person was about to confirm, and what somebody else was about to confirm about them, and empties the
// inputs of both. Rows stay without their values: they hold the rates of codes.
func (tx *Tx) DropPending(person string) error {
	about, err := tx.Mentioned(mentionStepUp, person)
	if err != nil {
		return err
	}
	now := tx.now.UnixMilli()
	const empty = "update step_ups set input_box = '', confirm_box = '', expires_at = case when expires_at > $1 then $1 else expires_at end where "
	for _, id := range about {
		if _, err := tx.exec(empty+"id = $2", now, id); err != nil {
			return err
		}
	}
	_, err = tx.exec(empty+"person = $2", now, person)
	return err
}

// DropAnswers forgets the answers kept for repeats of the callers: a person, and their keys.
func (tx *Tx) DropAnswers(principals ...string) error {
	for _, p := range principals {
		if _, err := answers.Clear(tx, "where principal = $1", p); err != nil {
			return err
		}
	}
	return nil
}

// DropOldAnswers forgets every answer that is too old to be given again.
func (tx *Tx) DropOldAnswers() error {
	_, err := answers.Clear(tx, "where at < $1", tx.now.Add(-keptAnswers).UnixMilli())
	return err
}

// others are the persons of the subjects but the caller.
func others(c *Caller, subjects []Subject) (persons []string) {
	for _, s := range subjects {
		if s.Person != "" && s.Person != c.Person {
			persons = append(persons, s.Person)
		}
	}
	return persons
}
