package importing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/commerce/orderfile"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/user"
)

// Report is what an import did.
type Report struct {
	Brand           brand.Brand
	Source          string
	DryRun          bool
	Resumed         bool  // a run before was not finished, and this one went on where it was
	Lines           int64 // data rows read
	WithoutCustomer int64 // rows kept out because they name no customer
	RejectedLines   int64 // rows that could not be used
	FileOrders      int64 // whole orders and refunds in the file
	FileRefunds     int64
	Counts          Counts // what became of them
	Totals          Totals // the brand, after the import
	Notes           []string
	Elapsed         time.Duration
}

func (r *Report) file(f orderfile.Report) {
	r.Lines, r.WithoutCustomer, r.RejectedLines, r.Notes = f.Lines, f.WithoutCustomer, f.Rejected, f.Notes
	r.FileOrders, r.FileRefunds = f.Orders, f.Refunds
}

// Rejects says whether anything was rejected: the command then ends with 3.
func (r *Report) Rejects() bool {
	return r.RejectedLines > 0 || r.Counts.Orders.Rejected > 0 || r.Counts.Refunds.Rejected > 0
}

// Totals is what a brand has.
type Totals struct {
	Customers int64
	WithOrder int64
	Orders    int64 // paid
	Refunds   int64
	Gross     money.Amount
	Net       money.Amount
	Best      []Best
}

// Best is one of the best customers by lifetime spend.
type Best struct {
	User     user.ID
	Name     string
	External string // their first id elsewhere
	Orders   int64
	Lifetime money.Amount
}

const howManyBest = 5

// Summarise sums up a brand by its statistics.
var Summarise = &op.Query[brand.ID, Totals]{
	Name:    "import.summarise",
	Summary: "Sum up a brand after an import",
	Allow:   access.ReportsCustomerSpend,
	Do: func(v *op.View, id brand.ID) (t Totals, err error) {
		b, err := brand.Find(v, id)
		if err != nil {
			return t, err
		}
		if err := v.Require(access.ReportsCustomerSpend, b); err != nil {
			return t, err
		}
		var gross, refunded int64
		err = v.QueryRow(`select count(*), coalesce(sum(case when orders > 0 then 1 else 0 end), 0), cast(coalesce(sum(orders), 0) as bigint), cast(coalesce(sum(refunds), 0) as bigint),
			cast(coalesce(sum(gross), 0) as bigint), cast(coalesce(sum(refunded), 0) as bigint) from people where brand_num = $1 and kinds % 2 = 1`, b.Num).
			Scan(&t.Customers, &t.WithOrder, &t.Orders, &t.Refunds, &gross, &refunded)
		if err != nil {
			return t, fmt.Errorf("sum up %s: %w", b.ID, err)
		}
		t.Gross, t.Net = money.Of(gross, b.Currency), money.Of(gross-refunded, b.Currency)
		t.Best, err = best(v, b)
		return t, err
	},
}

func best(r store.Reader, b *brand.Brand) ([]Best, error) {
	return store.All(r, func(row store.Row) (c Best, err error) {
		var first, last string
		var num, lifetime int64
		err = row.Scan(&c.User, &first, &last, &num, &c.Orders, &lifetime, &c.External)
		c.Name, c.Lifetime = customer.Shown(first, last, c.External, num), money.Of(lifetime, b.Currency)
		return c, err
	}, `select u.id, u.first_name, u.last_name, u.num, p.orders, p.lifetime,
		coalesce((select x.external_id from external_ids x where x.user_num = u.num order by x.source, x.external_id limit 1), '')
		from people p join users u on u.num = p.num where p.brand_num = $1 and p.kinds % 2 = 1 order by p.lifetime desc, p.num desc limit $2`, b.Num, int64(howManyBest))
}

// dry reads every record and changes nothing: how many there are, and what cannot be used.
func (r *run) dry(ctx context.Context) error {
	who := map[string]bool{}
	var gross, net int64
	t := &r.report.Totals
	for record, err := range r.file.All(ctx) {
		if err != nil {
			return err
		}
		c, currency := (*orderfile.Customer)(nil), money.Currency("")
		switch {
		case record.Order != nil:
			c, currency = &record.Order.Customer, record.Order.Currency
			if record.Order.Status == "paid" {
				gross, net, t.Orders = gross+record.Order.Total, net+record.Order.Total, t.Orders+1
				who["paid "+c.ExternalID+" "+c.Email.Key+" "+c.PhoneKey] = true
			}
		default:
			c, currency = &record.Refund.Customer, record.Refund.Currency
			net, t.Refunds = net-record.Refund.Amount, t.Refunds+1
		}
		who["who "+c.ExternalID+" "+c.Email.Key+" "+c.PhoneKey] = true
		if t.Gross.Currency != "" && t.Gross.Currency != currency {
			return errors.New("the file has amounts in several currencies") // ingest would reject them one by one
		}
		t.Gross, t.Net = money.Of(gross, currency), money.Of(net, currency)
	}
	for key := range who {
		if key[0] == 'p' {
			t.WithOrder++
		} else {
			t.Customers++
		}
	}
	return nil
}
