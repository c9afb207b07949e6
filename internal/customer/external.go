package customer

import (
	"errors"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// external is an id that another system knows a person by: unique by brand, source and id.
type external struct {
	Brand  brand.ID `db:"brand_id,key"`
	Source string   `db:"source,key"`
	ID     string   `db:"external_id,key"`
	Num    int64    `db:"user_num"`
}

// Externals is where they are. They are facts: the event of what wrote them counts them.
var Externals = op.Facts[external]("external_ids")

// External is one of a person's ids elsewhere.
type External struct {
	Source string `json:"source"`
	ID     string `json:"external_id"`
}

// FindExternal is the number of the person whom a source knows by this id; store.ErrNoRows when there is none.
func FindExternal(r store.Reader, b brand.ID, source, id string) (num int64, err error) {
	err = r.QueryRow("select user_num from external_ids where brand_id = $1 and source = $2 and external_id = $3", string(b), source, id).Scan(&num)
	return num, err
}

// ErrExternalUsed refuses to give back an id by which somebody else is known by now.
var ErrExternalUsed = errs.New(errs.Conflict, "external_id_used", "Another customer is known by one of this person's external ids by now, so nothing was restored. Take the id from that customer first.")

// DropExternals takes a person's ids elsewhere away, so that nobody finds them by one, and gives what they were.
func DropExternals(tx *op.Tx, num int64) ([]External, error) {
	rows, err := Externals.All(tx, "where user_num = $1 order by source, external_id", num)
	if err != nil {
		return nil, err
	}
	were := make([]External, len(rows))
	for i := range rows {
		were[i] = External{rows[i].Source, rows[i].ID}
		if err := Externals.Delete(tx, &rows[i]); err != nil {
			return nil, err
		}
	}
	return were, nil
}

// GiveExternals gives them back.
func GiveExternals(tx *op.Tx, b brand.ID, num int64, were []External) error {
	for _, e := range were {
		switch _, err := FindExternal(tx, b, e.Source, e.ID); {
		case err == nil:
			return ErrExternalUsed
		case !errors.Is(err, store.ErrNoRows):
			return err
		}
		if err := Externals.Insert(tx, &external{Brand: b, Source: e.Source, ID: e.ID, Num: num}); err != nil {
			return err
		}
	}
	return nil
}
