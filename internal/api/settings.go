package api

import (
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// CustomerSettings are the limits by which a brand sorts its customers. Money is in whole units of the brand's currency.
type CustomerSettings struct {
	Brand          brand.ID `json:"brand" example:"brd_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Tiers          Tiers    `json:"tiers"`
	SpendBands     []int64  `json:"spend_bands" description:"Where one band of the filter on spend ends and the next begins."`
	OrderBands     []int64  `json:"order_bands" description:"The first counts of the bands of the filter on orders."`
	RegisteredDays []int64  `json:"registered_days" description:"The offered “registered in the last N days”."`
}

// Tiers are the lifetime spends from which tiers are earned.
type Tiers struct {
	Silver   int64 `json:"silver" required:"true" example:"50"`
	Gold     int64 `json:"gold" required:"true" example:"500"`
	Platinum int64 `json:"platinum" required:"true" example:"5000"`
}

type customerSettingsChange struct {
	InBrand
	Tiers          Tiers   `json:"tiers" required:"true"`
	SpendBands     []int64 `json:"spend_bands" required:"true"`
	OrderBands     []int64 `json:"order_bands" required:"true"`
	RegisteredDays []int64 `json:"registered_days" required:"true"`
}

func settings(t *table) {
	Query(t, "GET /v1/settings/customers", customer.ShowSettings,
		func(c *Call, w InBrand) (brand.ID, error) { return c.Brand(w.Named) },
		func(c *Call, _ InBrand, s customer.ShownSettings) (CustomerSettings, error) {
			c.etag = s.Version
			return showCustomerSettings(s), nil
		}, tagged)
	Action(t, "PUT /v1/settings/customers", customer.ChangeSettings,
		func(c *Call, w customerSettingsChange) (in customer.ChangedSettings, err error) {
			in.Version = c.Version
			in.Settings = customer.Settings{
				Tiers: [3]int64{w.Tiers.Silver, w.Tiers.Gold, w.Tiers.Platinum}, SpendBands: w.SpendBands, OrderBands: w.OrderBands, RegisteredDays: w.RegisteredDays,
			}
			in.Brand, err = c.Brand(w.Named)
			return in, err
		},
		func(c *Call, w customerSettingsChange, _ op.None) (CustomerSettings, error) {
			b, err := c.Brand(w.Named)
			if err != nil {
				return CustomerSettings{}, err
			}
			s, err := op.Ask(c.Context(), c.Door, c.Caller, customer.ShowSettings, b)
			c.etag = s.Version
			return showCustomerSettings(s), err
		}, matched)
}

func showCustomerSettings(s customer.ShownSettings) CustomerSettings {
	return CustomerSettings{
		Brand: s.Brand, Tiers: Tiers{s.Tiers[0], s.Tiers[1], s.Tiers[2]}, SpendBands: s.SpendBands, OrderBands: s.OrderBands, RegisteredDays: s.RegisteredDays,
	}
}
