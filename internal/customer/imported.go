package customer

import (
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// Imported is what a customer spent on a previous platform. It counts for lifetime spend and tier, never for profit and loss.
type Imported struct {
	Spend int64 // minor units
	From  string
}

// MaxMinor is the largest amount of one record: sums of a million of them are still exact.
const MaxMinor = 9_000_000_000_000

// Refusals of imported spend.
var (
	ErrCurrency    = errs.New(errs.Invalid, "currency_other", "The amount is in another currency than the brand's.")
	ErrAmount      = errs.New(errs.Invalid, "amount_out_of_range", "An amount is from 0 to 90,000,000,000.00.")
	ErrOrdersThere = errs.New(errs.Conflict, "orders_of_source", "The orders of that platform are here already, so its spend would count twice. Leave it at zero.")
)

func (i *Imported) check(b *brand.Brand, c money.Currency) error {
	if c != b.Currency {
		return ErrCurrency.Say("The amount is in %s, but %s keeps its amounts in %s.", c, b.Name, b.Currency)
	}
	if i.Spend < 0 || i.Spend > MaxMinor {
		return ErrAmount
	}
	var err error
	i.From, err = text.CleanName(i.From)
	return err
}

func (i Imported) put(p *Profile, now int64) {
	p.Imported, p.ImportedFrom, p.ImportedAt = i.Spend, i.From, now
	if i.Spend == 0 {
		p.ImportedFrom, p.ImportedAt = "", 0
	}
}

// ImportedSpend sets a customer's spend on a previous platform.
type ImportedSpend struct {
	Customer user.ID      `json:"customer"`
	Version  int64        `json:"version,omitzero"` // of the profile; 0: whatever it is now
	Amount   money.Amount `json:"amount"`
	From     string       `json:"from"` // the platform: a source, or a name
}

// SetImportedSpend records what a customer spent before they came here.
var SetImportedSpend = &op.Action[ImportedSpend, *Customer, op.None]{
	Name:    "customer.set_imported_spend",
	Summary: "Set the spend from a previous platform",
	Allow:   access.ImportsRun,
	Target:  func(tx *op.Tx, in ImportedSpend) (*Customer, error) { return Find(tx, in.Customer) },
	Do: func(tx *op.Tx, c *Customer, in ImportedSpend) (none op.None, err error) {
		if err := op.Match(in.Version, c.Profile.Version); err != nil {
			return none, err
		}
		b, err := brandOf(tx, c.Brand)
		if err != nil {
			return none, err
		}
		imported := Imported{in.Amount.Minor, in.From}
		if err := imported.check(b, in.Amount.Currency); err != nil {
			return none, err
		}
		if imported.Spend == c.Profile.Imported && imported.From == c.Profile.ImportedFrom {
			return none, nil
		}
		var orders int64
		if err := tx.QueryRow("select count(*) from (select 1 as one from orders where user_num = $1 and source = $2 limit 1) as found", c.Num, imported.From).Scan(&orders); err != nil {
			return none, err
		}
		if orders > 0 && imported.Spend != 0 {
			return none, ErrOrdersThere
		}
		book, err := Open(tx, b, []int64{c.Num})
		if err != nil {
			return none, err
		}
		imported.put(c.Profile, tx.Now().UnixMilli())
		if err := Profiles.Update(tx, c.Profile); err != nil {
			return none, err
		}
		a := book.Of(c.Num)
		a.Imported, a.profile.ImportedAt = c.Profile.Imported, c.Profile.ImportedAt
		return none, book.Save(tx)
	},
}
