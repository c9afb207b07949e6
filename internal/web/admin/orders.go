package admin

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func ordersPages(r routes) {
	r.staff("GET /admin/orders/{id}", orderPage)
}

type orderProps struct {
	Crumb   ui.CrumbProps
	Head    ui.HeadProps
	Status  templ.Component
	Facts   []ui.Pair
	Lines   *ui.TableProps
	Sums    []ui.Pair
	Refunds *ui.TableProps
}

// orderPage is one order with its lines, its total and what went back. Cost and profit are nobody's here: they are figures of the
// customer, for who may see those.
func orderPage(v *web.Visit) error {
	o, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, commerce.Show, commerce.ID(v.R.PathValue("id")))
	if err != nil {
		return err
	}
	c, currency := v.Clock(), string(o.Currency)
	if b := homeBrand(v, o.Brand); b != nil {
		c.Zone = b.Location()
	}
	unit := strings.TrimSpace(ui.Symbol(currency))
	title := "Order #" + o.ExternalID
	p := orderProps{Crumb: ui.CrumbProps{Here: title, What: "order"}, Head: ui.HeadProps{Title: title}, Status: orderStatus(o.Status)}
	buyer := ui.Text(ui.T(o.Buyer))
	if o.Customer != "" {
		page := personPath(customersList.path, o.Customer, "", "")
		p.Crumb.Up = []ui.Run{ui.L(o.Buyer, page)}
		buyer = ui.Text(ui.L(o.Buyer, page))
	}
	p.Facts = []ui.Pair{{Label: "Customer", Value: buyer}, ui.P("Placed", c.Moment(moment(o.PlacedAt))), {Label: "Status", Body: p.Status}}
	if o.Place != "" {
		p.Facts = append(p.Facts, ui.P("Location", o.Place))
	}
	p.Facts = append(p.Facts, ui.P("Came from", o.Source), ui.Pair{Label: "Order ID", Value: ui.Text(ui.M(string(o.ID))), Copy: string(o.ID)})
	if len(o.Lines) > 0 {
		t := &ui.TableProps{Caption: "Lines", Scroll: true, Columns: []ui.Column{
			{Label: "What", Grow: true}, {Label: "Category", Drop: "c-md", Quiet: true}, {Label: "Number", Number: true}, {Label: "Each, " + unit, Number: true, Drop: "c-md", Quiet: true}, {Label: "Sum, " + unit, Number: true},
		}}
		sum := int64(0)
		for _, l := range o.Lines {
			sum += l.Total
			name := cmp.Or(l.Title, cmp.Or(l.SKU, "Item"))
			t.Rows = append(t.Rows, ui.Row{Name: name, Cells: []templ.Component{
				lineCell(name, l.SKU), ui.Cell(l.Category), ui.Cell(cmp.Or(l.Quantity, "1")), ui.Cell(l.UnitPrice), ui.Amounted(l.Total, currency),
			}})
		}
		p.Lines = t
		p.Sums = append(p.Sums, ui.P("Lines", ui.Money(sum, currency)))
		if rest := o.Total.Minor - sum; rest != 0 {
			p.Sums = append(p.Sums, ui.P("Tax, shipping and discounts", ui.Money(rest, currency)))
		}
	}
	p.Sums = append(p.Sums, ui.Pair{Label: "Total", Value: ui.Text(ui.B(ui.Money(o.Total.Minor, currency)))})
	if len(o.Refunds) > 0 {
		t := &ui.TableProps{Caption: "Refunds", Scroll: true, Columns: []ui.Column{
			{Label: "Refund", Grow: true}, {Label: "Date", Number: true, Quiet: true}, {Label: "Reason", Drop: "c-md"}, {Label: "Amount, " + unit, Number: true},
		}}
		back := int64(0)
		for _, r := range o.Refunds {
			back += r.Amount.Minor
			t.Rows = append(t.Rows, ui.Row{Name: r.ExternalID, Cells: []templ.Component{
				ui.Cell("#" + r.ExternalID), day(c, r.RefundedAt), ui.Cell(r.Reason), ui.Amounted(r.Amount.Minor, currency),
			}})
		}
		p.Refunds = t
		p.Sums = append(p.Sums, ui.P("Refunded", ui.Money(-back, currency)), ui.Pair{Label: "Kept", Value: ui.Text(ui.B(ui.Money(o.Total.Minor-back, currency)))})
	}
	return v.Page(http.StatusOK, title, "customers", orderSheet(p))
}
