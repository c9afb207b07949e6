package account

import (
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// Preferences are how a person likes their screens.
type Preferences struct {
	Theme        *string // light, dark, or empty for the device's own
	ShortcutsOff *bool   // single-letter keys
}

// ChooseTheme keeps the caller's own preferences.
var ChooseTheme = &op.Upkeep[Preferences, op.None]{
	Name: "user.prefer", Summary: "Keep one's own preferences for the screen",
	Do: func(tx *op.Tx, p Preferences) (op.None, error) {
		if tx.Caller().As != nil {
			return op.None{}, op.ErrImpersonating
		}
		u, err := user.Table.Find(tx, tx.Caller().Person)
		if err != nil {
			return op.None{}, err
		}
		if p.Theme != nil && *p.Theme != "" && *p.Theme != "light" && *p.Theme != "dark" {
			return op.None{}, errs.Field("theme", "Choose light, dark, or the device's own.")
		}
		set(&u.Theme, p.Theme)
		set(&u.ShortcutsOff, p.ShortcutsOff)
		return op.None{}, user.Table.Update(tx, u)
	},
}
