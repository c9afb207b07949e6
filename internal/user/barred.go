package user

import (
	"encoding/hex"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/text"
)

// ErrBarred refuses an address that a ban keeps out.
var ErrBarred = errs.New(errs.Conflict, "email_barred", "This e-mail address belongs to somebody who was banned, so no account can be made with it. Lift the ban first, or use another address.")

// bar is an address that a ban keeps from registering again. It holds a keyed hash, never the address, and stays when the account
// is archived or erased.
type bar struct {
	Brand brand.ID `db:"brand_id,key"`
	Hash  string   `db:"address_hash,key"`
	User  ID       `db:"user_id,key"` // whose ban it is
	At    int64    `db:"barred_at"`
}

var bars = op.Bookkeeping[bar]("barred_addresses")

// hasher is a *op.Tx or an *op.View: it reads, and has the key that hashes are made with.
type hasher interface {
	store.Reader
	MAC(purpose string, parts ...[]byte) []byte
}

// Barred says whether a ban keeps an address from registering in a brand. Making an account and changing its address ask by themselves.
func Barred(r hasher, b brand.ID, email string) (bool, error) {
	norm, err := text.NormEmail(email)
	if err != nil {
		return false, nil
	}
	return barredBy(r, b, norm, "")
}

// barredBy is Barred for an address in its norm, leaving out the bans of one person.
func barredBy(r hasher, b brand.ID, norm string, but ID) (bool, error) {
	n, err := store.Value[int64](r.QueryRow("select count(*) from barred_addresses where brand_id = $1 and address_hash = $2 and user_id <> $3",
		string(b), addressHash(r, b, norm), string(but)))
	return n > 0, err
}

// BarredOf gives those of many addresses, in their norm, that bans keep out of a brand.
func BarredOf(r hasher, b brand.ID, norms []string) (map[string]bool, error) {
	any, err := store.Value[int64](r.QueryRow("select count(*) from (select 1 as one from barred_addresses where brand_id = $1 limit 1) as found", string(b)))
	if err != nil || any == 0 {
		return nil, err
	}
	barred := map[string]bool{}
	for _, norm := range norms {
		if out, err := barredBy(r, b, norm, ""); err != nil {
			return nil, err
		} else if out {
			barred[norm] = true
		}
	}
	return barred, nil
}

// Bar keeps the person's address out of their brand.
func Bar(tx *op.Tx, u *User) error {
	norm, err := text.NormEmail(u.Email)
	if err != nil {
		return nil // no address: nothing to keep out
	}
	return bars.Put(tx, bar{u.Brand, addressHash(tx, u.Brand, norm), u.ID, tx.Now().UnixMilli()})
}

// Unbar lets every address in again that the person's ban kept out.
func Unbar(tx *op.Tx, u *User) error {
	_, err := bars.Clear(tx, "where user_id = $1", string(u.ID))
	return err
}

func addressHash(r hasher, b brand.ID, norm string) string {
	return hex.EncodeToString(r.MAC("barred address", []byte(b), []byte(norm)))
}
