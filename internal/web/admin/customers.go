package admin

import (
	"strings"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func customersPages(r routes) {
	r.staff("GET /admin/customers", customersList.page)
	r.staff("GET /admin/customers/total", customersList.count)
}

var customersList = &peopleList{
	path: "/admin/customers", name: "customers", title: "Customers", nobody: "No customers yet", icon: "id",
	query: directory.Customers, total: directory.CustomersTotal, beside: directory.CustomersBeside,
	shown:  []string{"status", "tier", "lifetime_spend", "order_count", "registered_at", "last_order_at", "location", "city"},
	search: "Search customers", holder: "Name, e-mail, phone, order", sort: directory.CustomerFields.Sort,
	columns: customerColumns,
	actions: func(*web.Visit) []ui.Action { return nil },
}

func customerColumns(p *directory.Page, l *peopleList, c ui.Clock, list string) []column {
	currency := ""
	if p.Brand != nil {
		currency = string(p.Brand.Currency)
	}
	return []column{
		l.who(list),
		{[]string{"status"}, ui.Column{Label: "Status", Drop: "c-md"}, func(p *directory.Person) templ.Component { return statusCell(p.Status) }},
		{[]string{"tier"}, ui.Column{Label: "Tier", Drop: "c-md"}, func(p *directory.Person) templ.Component {
			return ui.Tier(p.Tier.String(), p.Tier.Label())
		}},
		{[]string{"lifetime_spend"}, ui.Column{Label: "Spend, " + strings.TrimSpace(ui.Symbol(currency)), Sort: "lifetime_spend", DescFirst: true, Number: true},
			func(p *directory.Person) templ.Component { return ui.Amounted(p.LifetimeSpend.Minor, currency) }},
		{[]string{"order_count"}, ui.Column{Label: "Orders", Sort: "order_count", DescFirst: true, Number: true, Drop: "c-md"},
			func(p *directory.Person) templ.Component { return ui.Numbered(p.OrderCount) }},
		moments("last_order_at", "Last order", "c-md", c, func(p *directory.Person) int64 { return p.LastOrderAt }),
		moments("registered_at", "Registered", "c-xl", c, func(p *directory.Person) int64 { return p.RegisteredAt }),
		{[]string{"location"}, ui.Column{Label: "Location", Drop: "c-xl", Quiet: true}, func(p *directory.Person) templ.Component { return ui.BriefCell(p.LocationName) }},
	}
}
