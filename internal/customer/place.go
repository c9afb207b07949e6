package customer

import (
	"errors"
	"fmt"
	"strings"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// Refusals that records of customers and of orders share.
var (
	ErrPlace  = errs.New(errs.Invalid, "location_unknown", "This brand has no such location. Add it under Settings, or correct the record.")
	ErrSource = errs.New(errs.Invalid, "source_unreadable", "A source names whose ids these are, in 1 to 63 characters, such as “shopify”.")
)

// Place finds a location of a brand by its id, or by its name as people write it.
func Place(places []brand.Location, ref string) *brand.Location {
	for i := range places {
		if string(places[i].ID) == ref {
			return &places[i]
		}
	}
	folded := text.Fold(ref)
	var found *brand.Location
	for i := range places {
		if text.Fold(places[i].Name) == folded {
			if found != nil {
				return nil // two of that name: neither is meant for sure
			}
			found = &places[i]
		}
	}
	return found
}

// CheckSource refuses a source that nobody could have meant.
func CheckSource(s string) error {
	if s == "" || len(s) > 63 || strings.TrimSpace(s) != s || CheckExternalID(s) != nil {
		return ErrSource
	}
	return nil
}

// brandOf reads the brand without locking it: a batch locks it before its customers, an edit has its customer already.
func brandOf(tx *op.Tx, id brand.ID) (*brand.Brand, error) {
	all, err := brand.Table.All(tx, "where id = $1", string(id))
	if err != nil || len(all) == 0 {
		return nil, errors.Join(err, errs.ErrNotFound)
	}
	return &all[0], nil
}

// IDs gives the public ids of people by their numbers.
func IDs(r store.Reader, nums []int64) (map[int64]user.ID, error) {
	ids := make(map[int64]user.ID, len(nums))
	err := each(r, "select num, id from users where num", nums, "", func(row store.Row) error {
		var num int64
		var id user.ID
		err := row.Scan(&num, &id)
		ids[num] = id
		return err
	})
	return ids, err
}

// Shown is the name of a customer for people: their own, else “Customer 14646” by their first external id, else by their number.
func Shown(first, last, external string, num int64) string {
	if name := strings.TrimSpace(first + " " + last); name != "" {
		return name
	}
	if external != "" && !strings.HasPrefix(external, phoneID("")) {
		return "Customer " + external
	}
	return fmt.Sprintf("Customer %d", num&(1<<40-1))
}
