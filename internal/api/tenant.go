package api

import (
	"errors"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// InBrand names the brand that a list or a new thing belongs to.
type InBrand struct {
	Named string `query:"brand" json:"-" description:"The brand, by id or short name. A brand's key implies its brand; a key of the platform must name one."`
}

// ErrNoBrand asks a key of the whole platform which brand it means.
var ErrNoBrand = errs.New(errs.Malformed, "brand_needed", "This key works in every brand, so say which: add ?brand= with the brand's id or short name, such as ?brand=aurora.")

// Brand is the brand that a call is about: the one that the key implies, or the one that it names. A brand's key that names another
// hears what it would hear of a brand that does not exist.
func (c *Call) Brand(named string) (brand.ID, error) { return c.home(named, false) }

// Home is Brand for what the platform itself has too, such as its own staff: ?brand=platform.
func (c *Call) Home(named string) (brand.ID, error) { return c.home(named, true) }

func (c *Call) home(named string, platform bool) (brand.ID, error) {
	if named == "" {
		if c.Key.Brand == brand.Platform {
			return "", ErrNoBrand
		}
		return c.Key.Brand, nil
	}
	if named == string(c.Key.Brand) && (platform || c.Key.Brand != brand.Platform) {
		return c.Key.Brand, nil
	}
	if !isID(named) || named == string(brand.Platform) {
		return "", errs.ErrNotFound
	}
	known, err := op.Ask(c.Context(), c.Door, c.Caller, brand.List, op.None{})
	if err != nil {
		return "", err
	}
	for _, b := range known {
		if (string(b.ID) == named || b.Slug == named) && (c.Key.Brand == brand.Platform || c.Key.Brand == b.ID) {
			return b.ID, nil
		}
	}
	return "", errs.ErrNotFound
}

// ErrTwoBrands refuses a call whose address and body name different brands.
var ErrTwoBrands = errs.New(errs.Malformed, "two_brands", "The address and the body name different brands. Name it once.")

// either is the brand named in the address or in the body.
func either(address, body string) (string, error) {
	if address != "" && body != "" && address != body {
		return "", ErrTwoBrands
	}
	if body != "" {
		return body, nil
	}
	return address, nil
}

// gone says that the caller may not see what they have just changed.
func gone(err error) bool { return errors.Is(err, errs.ErrNotFound) || errors.Is(err, op.ErrForbidden) }
