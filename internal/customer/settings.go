package customer

import (
	"fmt"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/setting"
)

// Settings are the limits by which a brand sorts its customers. Money is in whole units of the brand's currency, as people say it.
type Settings struct {
	// Tiers are the lifetime spends from which Silver, Gold and Platinum are earned.
	Tiers [3]int64 `json:"tiers"`
	// SpendBands and OrderBands are where one band of a filter ends and the next begins.
	SpendBands []int64 `json:"spend_bands"`
	OrderBands []int64 `json:"order_bands"`
	// RegisteredDays are the offered “registered in the last N days”.
	RegisteredDays []int64 `json:"registered_days"`
}

// DefaultSettings are those of a new brand (product.md, “Numbers the sources fix”).
func DefaultSettings() Settings {
	return Settings{Tiers: [3]int64{50, 500, 5000}, SpendBands: []int64{50, 500, 5000}, OrderBands: []int64{1, 6, 21}, RegisteredDays: []int64{7, 30, 90}}
}

// Thresholds are the tiers in minor units.
func (s Settings) Thresholds(c money.Currency) Thresholds {
	unit := int64(1)
	for range c.Digits() {
		unit *= 10
	}
	return Thresholds{s.Tiers[0] * unit, s.Tiers[1] * unit, s.Tiers[2] * unit}
}

// Bounds of what can be set.
const (
	mostUnits = 1_000_000_000
	mostBands = 10
	mostDays  = 3650
)

// Validate refuses limits that do not rise, naming each wrong field.
func (s Settings) Validate() error {
	var w errs.Wrong
	rising := func(field string, limits []int64, most int64, what string) {
		for i, l := range limits {
			if l < 1 || l > most || i > 0 && l <= limits[i-1] {
				w.Add(field, "%s must be whole numbers from 1 to %d, each above the one before.", what, most)
				return
			}
		}
		if len(limits) == 0 || len(limits) > mostBands {
			w.Add(field, "%s must be 1 to %d numbers.", what, mostBands)
		}
	}
	rising("tiers", s.Tiers[:], mostUnits, "The spends of Silver, Gold and Platinum")
	rising("spend_bands", s.SpendBands, mostUnits, "The limits of spend")
	rising("order_bands", s.OrderBands, mostUnits, "The limits of orders")
	rising("registered_days", s.RegisteredDays, mostDays, "The days since registration")
	return w.Err()
}

const settingsName = "customers"

// LoadSettings reads the settings of a brand. Version 0: they were never changed.
func LoadSettings(r store.Reader, b brand.ID) (Settings, int64, error) {
	var s Settings
	version, err := setting.Load(r, b.Scope(), settingsName, &s)
	if err == nil && version == 0 {
		s = DefaultSettings()
	}
	return s, version, err
}

// ShownSettings are the settings as a page shows them.
type ShownSettings struct {
	Settings
	Brand   brand.ID `json:"brand"`
	Version int64    `json:"version"` // 1: the defaults, never changed
}

// ShowSettings reads the settings of a brand.
var ShowSettings = &op.Query[brand.ID, ShownSettings]{
	Name: "customer_settings.show", Summary: "Read a brand's tiers and the limits of its filters", Allow: access.SettingsView,
	Do: func(v *op.View, id brand.ID) (s ShownSettings, err error) {
		b, err := brand.Find(v, id)
		if err != nil {
			return s, err
		}
		if err := v.Require(access.SettingsView, b); err != nil {
			return s, err
		}
		s.Brand = b.ID
		s.Settings, s.Version, err = LoadSettings(v, b.ID)
		s.Version++
		return s, err
	},
}

// ChangedSettings are new settings in place of what their author saw.
type ChangedSettings struct {
	Brand brand.ID `json:"brand"`
	Settings
	Version int64 `json:"version,omitempty"` // what the author saw; 0 is whatever there is
}

// ChangeSettings sets them. Other spends for tiers give every customer of the brand their tier anew, by a job.
var ChangeSettings = &op.Action[ChangedSettings, *brand.Brand, op.None]{
	Name: "customer_settings.change", Summary: "Change a brand's tiers and the limits of its filters", Allow: access.SettingsEdit,
	Target: func(tx *op.Tx, in ChangedSettings) (*brand.Brand, error) { return brand.Find(tx, in.Brand) },
	Do: func(tx *op.Tx, b *brand.Brand, in ChangedSettings) (op.None, error) {
		if err := in.Settings.Validate(); err != nil {
			return op.None{}, err
		}
		was, version, err := LoadSettings(tx, b.ID)
		if err != nil {
			return op.None{}, err
		}
		if err := op.Match(in.Version, version+1); err != nil {
			return op.None{}, err
		}
		if fmt.Sprint(was) == fmt.Sprint(in.Settings) {
			return op.None{}, nil
		}
		if err := setting.Save(tx, b.ID.Scope(), settingsName, in.Settings, version); err != nil {
			return op.None{}, err
		}
		if was.Tiers == in.Tiers {
			return op.None{}, nil
		}
		return op.None{}, tx.Enqueue(Retier{Brand: b.ID})
	},
}

// Retier is the job that gives the customers of a brand their tier by new thresholds.
type Retier struct {
	Brand brand.ID `json:"brand"`
}

// Kind names the job.
func (Retier) Kind() string { return "customer.retier" }

// RetierSlice is the next customers of a brand.
type RetierSlice struct {
	Brand brand.ID `json:"brand"`
	After int64    `json:"after"` // number of the last customer done; 0 at the start
}

// RetierNext gives the next customers of a brand the tier that they earn by the thresholds in force, and says after whom to go on;
// 0 when all are done.
var RetierNext = &op.Upkeep[RetierSlice, int64]{
	Name: "customer.retier", Summary: "Give customers their tier by new thresholds",
	Do: func(tx *op.Tx, in RetierSlice) (next int64, err error) {
		b, err := brand.Find(tx, in.Brand)
		if err != nil {
			return 0, err
		}
		from, to := b.Numbers()
		nums, err := store.All(tx, store.Value[int64],
			"select user_num from customers where user_num > $1 and user_num < $2 order by user_num limit $3", max(in.After, from), to, rollAtOnce)
		if err != nil || len(nums) == 0 {
			return 0, err
		}
		book, err := Open(tx, b, nums)
		if err != nil {
			return 0, err
		}
		if err := book.Save(tx); err != nil {
			return 0, err
		}
		if len(nums) < rollAtOnce {
			return 0, nil
		}
		return nums[len(nums)-1], nil
	},
}
