package account

import (
	"net/http"
	"net/url"
	"time"

	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

// Numbers of orders on the overview and on a page of all of them.
const (
	newest = 5
	paged  = 25
)

// ownOrders reads one's own orders, newest first.
func ownOrders(v *web.Visit, limit int, cursor string) (all []order, next string, err error) {
	page, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, commerce.List, commerce.Filter{Customer: v.Present.User.ID, Limit: limit, Cursor: cursor})
	for _, o := range page.Orders {
		all = append(all, order{
			Number: o.ExternalID, At: time.UnixMilli(o.PlacedAt), Status: word(o.Status), Total: ui.Money(o.Total.Minor, string(o.Total.Currency)),
		})
	}
	return all, page.Next, err
}

func ordersPage(v *web.Visit) error {
	cursor := v.R.URL.Query().Get("cursor")
	all, next, err := ownOrders(v, paged, cursor)
	if err != nil {
		return err
	}
	p := ordersProps{Clock: v.Clock(), Orders: all, First: cursor == ""}
	if next != "" {
		p.Next = v.Base() + "/orders?cursor=" + url.QueryEscape(next)
	}
	return v.Page(http.StatusOK, "Your orders", "orders", ordersSheet(p))
}

type ordersProps struct {
	Clock  ui.Clock
	Orders []order
	First  bool   // this is the first page
	Next   string // address of older ones
}
