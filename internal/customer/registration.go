package customer

import (
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/setting"
)

// Registration says whether people may make an account by themselves in a brand's shop. Everybody may know.
type Registration struct {
	Open bool `json:"open"`
}

const registrationGroup = "registration"

func registrationOf(r store.Reader, b brand.ID) (reg Registration, version int64, err error) {
	reg.Open = true
	version, err = setting.Load(r, b.Scope(), registrationGroup, &reg)
	return reg, version, err
}

// RegistrationShown is the setting with its version, and, where people may register, the locations that they may choose from.
type RegistrationShown struct {
	Registration
	Version   int64
	Locations []brand.Location
}

// ShowRegistration reads whether a brand takes registrations, and where its locations are.
var ShowRegistration = &op.Query[brand.ID, RegistrationShown]{
	Name: "registration.show", Summary: "Read whether customers may register by themselves", Open: true,
	Do: func(v *op.View, b brand.ID) (s RegistrationShown, err error) {
		if s.Registration, s.Version, err = registrationOf(v, b); err == nil && s.Open {
			s.Locations, err = brand.LocationsOf(v, b)
		}
		return s, err
	},
}

// RegistrationChange opens or closes registration.
type RegistrationChange struct {
	Brand   brand.ID `json:"brand"`
	Version int64    `json:"version,omitempty"` // what the author saw; 0 is whatever there is
	Registration
}

// ChangeRegistration opens or closes registration. Accounts that are there, and links that wait, stay good.
var ChangeRegistration = &op.Action[RegistrationChange, *brand.Brand, op.None]{
	Name: "registration.change", Summary: "Let customers register by themselves, or not", Allow: access.SettingsEdit,
	Target: func(tx *op.Tx, in RegistrationChange) (*brand.Brand, error) { return brand.Find(tx, in.Brand) },
	Do: func(tx *op.Tx, b *brand.Brand, in RegistrationChange) (op.None, error) {
		if now, _, err := registrationOf(tx, b.ID); err != nil || now == in.Registration {
			return op.None{}, err
		}
		return op.None{}, setting.Save(tx, b.ID.Scope(), registrationGroup, in.Registration, in.Version)
	},
}
