package customer

import (
	"github.com/stewardhq/steward/internal/brand"
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

// ExternalsOf lists a person's ids elsewhere.
func ExternalsOf(r store.Reader, num int64) ([]External, error) {
	return store.All(r, func(row store.Row) (e External, err error) { return e, row.Scan(&e.Source, &e.ID) },
		"select source, external_id from external_ids where user_num = $1 order by source, external_id", num)
}

// FindExternal is the number of the person whom a source knows by this id; store.ErrNoRows when there is none.
func FindExternal(r store.Reader, b brand.ID, source, id string) (num int64, err error) {
	err = r.QueryRow("select user_num from external_ids where brand_id = $1 and source = $2 and external_id = $3", string(b), source, id).Scan(&num)
	return num, err
}
