package admin

import (
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/web/ui"
)

// tiles are the cards, each for who may see it; what is left closes.
func (p *profile) tiles() ([]templ.Component, error) {
	var tiles []templ.Component
	if p.Financials != nil {
		spend, err := op.Ask(p.Ctx(), p.Site.Door, p.Caller, commerce.MonthlySpend, commerce.Months{Customer: p.User.ID})
		if err != nil {
			return nil, err
		}
		tiles = append(tiles, p.purchases(spend))
	} else if p.Purchases != nil {
		chart, err := p.ordersByMonth()
		if err != nil {
			return nil, err
		}
		tiles = append(tiles, p.ordersTile(chart))
	}
	if p.Financials != nil && p.Purchases != nil {
		tiles = append(tiles, p.tier(), p.standing())
	}
	return tiles, nil
}

func (p *profile) purchases(spend []commerce.Month) templ.Component {
	f, currency := p.Financials, string(p.Financials.Lifetime.Currency)
	var note []ui.Run
	if f.Imported.Minor != 0 {
		note = ui.Text(ui.T(currency + " " + ui.Amount(f.Imported.Minor, currency) + " imported from previous platform"))
	}
	figure := ui.BigFigure("Lifetime value", ui.Money(f.Lifetime.Minor, currency), note)
	var rest []ui.Pair
	if p.Purchases != nil {
		rest = append(rest, ui.P("Orders", ui.Count(p.Purchases.Orders)))
	}
	rest = append(rest, ui.P("Average order", ui.Money(f.Average.Minor, currency)))
	rest = append(rest, p.dates()...)
	rest = append(rest, ui.P("Profit, native orders", ui.Money(f.Profit.Minor, currency)))
	return ui.Purchases("Purchases", figure, sparkOf(spend, currency), rest)
}

// sparkOf is the line of the last months; without any spend there is none.
func sparkOf(spend []commerce.Month, currency string) templ.Component {
	if len(spend) == 0 {
		return nil
	}
	c := ui.Chart{First: spend[0].Start.Format("Jan 2006"), End: spend[len(spend)-1].Start.Format("Jan 2006")}
	least, most := spend[0].Spend.Minor, spend[0].Spend.Minor
	for _, m := range spend {
		c.Values = append(c.Values, m.Spend.Minor)
		least, most = min(least, m.Spend.Minor), max(most, m.Spend.Minor)
	}
	if least == 0 && most == 0 {
		return nil
	}
	c.Spoken = "Spend in each of the last " + strconv.Itoa(len(spend)) + " months, between " + ui.Money(least, currency) + " and " + ui.Money(most, currency)
	return ui.Spark(c)
}

// dates is when and what a customer buys, without sums.
func (p *profile) dates() []ui.Pair {
	b := p.Purchases
	if b == nil {
		return nil
	}
	favourite := "—"
	if b.Favourite != "" {
		favourite = b.Favourite + ", " + share(b.FavouriteShare)
	}
	return []ui.Pair{
		{Label: "First order", Body: day(p.clock, b.FirstOrderAt)}, {Label: "Last order", Body: when(p.clock, b.LastOrderAt)}, ui.P("Favourite category", favourite),
	}
}

// ordersTile is what is left of the purchases for who sees single orders and no sums.
func (p *profile) ordersTile(chart templ.Component) templ.Component {
	b := p.Purchases
	words := "orders"
	if b.Orders == 1 {
		words = "order"
	}
	if b.ThisMonth > 0 {
		words += ", " + ui.Count(b.ThisMonth) + " this month"
	}
	return ui.Purchases("Orders", ui.BigFigure("", ui.Count(b.Orders), ui.Text(ui.T(words))), chart, p.dates())
}

// monthsShown is how far back the bars go.
const monthsShown = 12

// ordersByMonth counts the paid orders of the last months. Of somebody with more than a page of them in a year it says nothing.
func (p *profile) ordersByMonth() (templ.Component, error) {
	today := p.clock.Now.In(p.clock.Zone)
	first := time.Date(today.Year(), today.Month()-monthsShown+1, 1, 0, 0, 0, 0, today.Location())
	page, err := op.Ask(p.Ctx(), p.Site.Door, p.Caller, commerce.List, commerce.Filter{Customer: p.User.ID, From: first.UnixMilli(), Status: commerce.Paid, Limit: 200})
	if err != nil || page.Next != "" || len(page.Orders) == 0 {
		return nil, err
	}
	c := ui.Chart{Values: make([]int64, monthsShown), First: first.Format("Jan 2006"), End: today.Format("Jan 2006")}
	for _, o := range page.Orders {
		at := moment(o.PlacedAt).In(today.Location())
		if month := (at.Year()-first.Year())*12 + int(at.Month()-first.Month()); month >= 0 && month < monthsShown {
			c.Values[month]++
		}
	}
	least, most := c.Values[0], c.Values[0]
	for _, n := range c.Values {
		least, most = min(least, n), max(most, n)
	}
	c.Spoken = "Orders in each of the last 12 months, between " + ui.Count(least) + " and " + ui.Count(most)
	return ui.Bars(c), nil
}

func (p *profile) tier() templ.Component {
	f, b, currency := p.Financials, p.Purchases, string(p.Financials.Lifetime.Currency)
	t := tierProps{Key: b.Tier.String(), Name: b.Tier.Label()}
	if !f.Top {
		goal := f.Lifetime.Minor + f.Missing.Minor
		if goal > 0 {
			t.Percent = int(max(f.Lifetime.Minor, 0) * 100 / goal)
		}
		t.Left = ui.Money(f.Missing.Minor, currency) + " to " + f.Next.Label()
		t.Right = ui.Money(f.Lifetime.Minor, currency) + " of " + ui.Money(goal, currency)
		t.Spoken = strconv.Itoa(t.Percent) + " per cent of the way to " + f.Next.Label()
	}
	if b.TierUntil != 0 {
		t.Until = b.Tier.Label() + " until " + p.clock.Date(moment(b.TierUntil-1))
	} else {
		t.Until = "Does not expire"
	}
	return tierTile(t)
}

func (p *profile) standing() templ.Component {
	f, currency := p.Financials, string(p.Financials.Lifetime.Currency)
	refunds := "none"
	if n := p.Purchases.Refunds; n > 0 {
		refunds = ui.Counted(n, "refund", "refunds") + ", " + ui.Money(f.Refunded.Minor, currency)
	}
	pairs := []ui.Pair{ui.P("Refunds", refunds)}
	if f.Imported.Minor != 0 {
		pairs = append(pairs, ui.P("Imported spend", ui.MoneyISO(f.Imported.Minor, currency)))
		if f.ImportedFrom != "" {
			pairs = append(pairs, ui.P("Imported from", f.ImportedFrom))
		}
	}
	if f.Rank > 0 {
		pairs = append(pairs, ui.P("Rank by spend", ui.Count(f.Rank)))
	}
	return pairsTile("Standing", pairs)
}
