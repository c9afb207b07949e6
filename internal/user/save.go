package user

import (
	"errors"
	"strings"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/text"
)

// ErrEmailTaken refuses an address that another account of the brand has.
var ErrEmailTaken = errs.New(errs.Conflict, "email_taken", "Another account has this e-mail address already. Open that account, or use another address.")

// Facets is a person's own part of the narrow row that lists filter, sort and count on.
type Facets struct {
	Num           int64 `db:"num,key"`
	Brand         int64 `db:"brand_num"`
	Kinds         Kinds `db:"kinds"`
	Status        int64 `db:"status"`
	EmailVerified bool  `db:"email_verified"`
	PhoneVerified bool  `db:"phone_verified"`
	RegisteredAt  int64 `db:"registered_at"`
	LastSeenAt    int64 `db:"last_seen_at"`
}

// People is the narrow table, as far as this package keeps it.
var People = op.Derived[Facets]("people")

// words is what search looks through.
type words struct {
	Num     int64  `db:"num,key"`
	Words   string `db:"words"`
	Contact string `db:"contact"`
}

var search = op.Derived[words]("people_search")

// Number gives a new person their number and id. A nil brand is the platform.
func (u *User) Number(tx *op.Tx, b *brand.Brand) (err error) {
	u.ID = ID(id.New("usr_", tx.Now()))
	u.CreatedAt, u.UpdatedAt = tx.Now().UnixMilli(), tx.Now().UnixMilli()
	if u.RegisteredAt == 0 {
		u.RegisteredAt = u.CreatedAt
	}
	if b == nil {
		u.Brand = brand.Platform
		u.Num, err = brand.PlatformNumber(tx)
		return err
	}
	u.Brand = b.ID
	u.Num, err = brand.NextNumbers(tx, b, "users", 1)
	return err
}

// Insert saves a new person who has been given a number.
func Insert(tx *op.Tx, u *User) error {
	if err := u.prepare(); err != nil {
		return err
	}
	if err := free(tx, u); err != nil {
		return err
	}
	if err := Table.Insert(tx, u); err != nil {
		return taken(err)
	}
	return u.derive(tx)
}

// Save saves a person with what follows from them. Nothing changed: nothing is written.
func Save(tx *op.Tx, u *User) error {
	if err := u.prepare(); err != nil {
		return err
	}
	if err := free(tx, u); err != nil {
		return err
	}
	version := u.Version
	if err := Table.Update(tx, u); err != nil {
		return taken(err)
	}
	if u.Version == version {
		return nil
	}
	return u.derive(tx)
}

// prepare checks and cleans what people typed, and works out what follows from it.
func (u *User) prepare() error {
	if u.Status.Gone() {
		if !u.veiled() {
			return ErrGone
		}
		u.EmailNorm, u.NameSort = "", text.Fold(u.Name())
		return nil
	}
	var wrong errs.Wrong
	clean := func(field string, value *string) {
		c, err := text.CleanName(*value)
		if err != nil {
			wrong.Add(field, "%s", err)
		}
		*value = c
	}
	clean("first_name", &u.FirstName)
	clean("last_name", &u.LastName)
	if u.Email = strings.TrimSpace(u.Email); u.Email == "" {
		u.EmailNorm = ""
	} else if norm, err := text.NormEmail(u.Email); err != nil {
		wrong.Add("email", "%s", err)
	} else {
		u.EmailNorm = norm
	}
	if u.Phone = strings.TrimSpace(u.Phone); u.Phone != "" {
		if _, err := text.NormPhone(u.Phone); err != nil {
			wrong.Add("phone", "%s", err)
		}
	}
	u.NameSort = text.Fold(u.Name())
	return wrong.Err()
}

// free refuses an address that somebody else in the brand has, or that a ban keeps out. Of two at once the database's own index is
// what holds; this gives the sentence.
func free(tx *op.Tx, u *User) error {
	if u.EmailNorm == "" {
		return nil
	}
	var has ID
	err := tx.QueryRow("select id from users where brand_id = $1 and email_norm = $2", string(u.Brand), u.EmailNorm).Scan(&has)
	switch {
	case err == nil && has == u.ID:
		return nil // theirs already
	case err == nil:
		return ErrEmailTaken
	case !errors.Is(err, store.ErrNoRows):
		return err
	}
	barred, err := barredBy(tx, u.Brand, u.EmailNorm, u.ID)
	if err == nil && barred {
		err = ErrBarred
	}
	return err
}

func taken(err error) error {
	if columns, unique := store.IsUnique(err); unique && strings.Contains(columns, "email_norm") {
		return ErrEmailTaken.Because(err)
	}
	return err
}

// derive writes the person's part of the narrow row, and the words that search finds them by.
func (u *User) derive(tx *op.Tx) error {
	f := Facets{
		Num: u.Num, Brand: u.Num >> 40, Kinds: u.Kinds, Status: u.Status.Num(),
		EmailVerified: u.EmailVerified != 0, PhoneVerified: u.PhoneVerified != 0,
		RegisteredAt: u.RegisteredAt, LastSeenAt: u.LastSeenAt,
	}
	if err := People.Put(tx, f); err != nil {
		return err
	}
	return Index(tx, u)
}

// Index writes the words that search finds a person by: name, ids, e-mail, phone.
func Index(tx *op.Tx, u *User) error {
	externals, err := store.All(tx, func(row store.Row) (s string, err error) { return s, row.Scan(&s) },
		"select external_id from external_ids where user_num = $1 order by source, external_id", u.Num)
	if err != nil {
		return err
	}
	return search.Put(tx, u.words(externals))
}

// IndexAll is Index for new people, whose ids elsewhere are known: by number, in the order of their sources.
func IndexAll(tx *op.Tx, all []User, externals map[int64][]string) error {
	rows := make([]words, len(all))
	for i := range all {
		rows[i] = all[i].words(externals[all[i].Num])
	}
	return search.PutTogether(tx, rows...)
}

func (u *User) words(externals []string) words {
	w := words{Num: u.Num, Words: text.Fold(u.Name()) + " " + strings.ToLower(string(u.ID)), Contact: text.Fold(u.Email)}
	if u.Status.Gone() { // found by their id alone
		return words{Num: u.Num, Words: strings.ToLower(string(u.ID))}
	}
	for _, e := range externals {
		w.Words += " " + text.Fold(e)
	}
	if phone, err := text.NormPhone(u.Phone); err == nil {
		w.Contact += " " + phone
	}
	return w
}

// Remove takes a person out, with their part of the narrow row and the words that search finds them by. Whatever else hangs on them
// its own packages take out before.
func Remove(tx *op.Tx, u *User) error {
	if _, err := People.Clear(tx, "where num = $1", u.Num); err != nil {
		return err
	}
	if _, err := search.Clear(tx, "where num = $1", u.Num); err != nil {
		return err
	}
	return Table.Delete(tx, u)
}
