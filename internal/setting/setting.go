// Package setting keeps what can be set while the installation runs: groups of values by name, for the platform or one brand.
//
// A group is a struct of the domain that it belongs to, stored as JSON. What was never set reads as the domain's default, so that
// a new field has a value in an old installation. Every change is audited as the group's whole value: a setting holds no secret
// and nothing of a person.
package setting

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Row is one stored group.
type Row struct {
	Scope   string `db:"scope,key"`
	Name    string `db:"name,key"`
	Value   string `db:"value" audit:"plain"`
	Version int64  `db:"version,version"`
}

var table = op.Audited[Row]("settings")

// Subject names the group at its place.
func (r *Row) Subject() op.Subject {
	scope, _ := access.ParseScope(r.Scope)
	return op.Subject{Kind: "setting", ID: r.Name, Scope: scope, Seen: []access.Permission{access.SettingsView, access.SecurityView}}
}

// Load reads a group over its default, which into holds when it comes in. Version 0: it was never set.
func Load[T any](r store.Reader, at access.Scope, name string, into *T) (version int64, err error) {
	row, err := table.Find(r, at.String(), name)
	if errors.Is(err, errs.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if err := json.Unmarshal([]byte(row.Value), into); err != nil {
		return 0, fmt.Errorf("read the setting %s of %s: %w", name, at, err)
	}
	return row.Version, nil
}

// Save writes a group. version is what the author saw; 0 is whatever there is.
func Save(tx *op.Tx, at access.Scope, name string, value any, version int64) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	row, err := table.Find(tx, at.String(), name)
	if errors.Is(err, errs.ErrNotFound) {
		return table.Insert(tx, &Row{Scope: at.String(), Name: name, Value: string(text)})
	}
	if err != nil {
		return err
	}
	if err := op.Match(version, row.Version); err != nil {
		return err
	}
	row.Value = string(text)
	return table.Update(tx, row)
}
