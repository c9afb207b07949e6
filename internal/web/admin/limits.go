package admin

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func limitPages(r routes) {
	r.staff("GET /admin/settings/customers", limitsPage)
	r.staff("POST /admin/settings/customers", changeLimits)
}

// limitsProps is Settings > Customers: tiers, and the limits of the filters.
type limitsProps struct {
	Place, Unit, Version      string
	Silver, Gold, Platinum    string
	Spend, Orders, Registered string
	ReadOnly                  bool
	Problems                  troubles
}

func limitsPage(v *web.Visit) error {
	if v.Brand == nil {
		return v.Page(http.StatusOK, "Customers", "settings", listedSheet(listedProps{
			Crumb: under("Customers"), Head: ui.HeadProps{Title: "Customers"},
			Empty: ui.EmptyProps{Icon: "id", Title: "Customers belong to a brand", Text: "Choose a brand at the top left to see its tiers and filters."},
		}))
	}
	s, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, customer.ShowSettings, v.Brand.ID)
	if err != nil {
		return err
	}
	return showLimits(v, http.StatusOK, limitsProps{
		Version: number(s.Version), Silver: number(s.Tiers[0]), Gold: number(s.Tiers[1]), Platinum: number(s.Tiers[2]),
		Spend: listOf(s.SpendBands), Orders: listOf(s.OrderBands), Registered: listOf(s.RegisteredDays),
	}, troubles{})
}

func showLimits(v *web.Visit, status int, p limitsProps, t troubles) error {
	p.Place, p.Unit, p.Problems = v.Brand.Name, string(v.Brand.Currency), t
	p.ReadOnly = !v.May(access.SettingsEdit, v.Brand.Subject())
	return v.Page(status, "Customers", "settings", limitsSheet(p))
}

func changeLimits(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	if v.Brand == nil {
		return v.Gone("/admin/settings/customers")
	}
	if err := opens(v, account.Opening{Any: []access.Permission{access.SettingsEdit}, Brand: v.Brand.ID}); err != nil {
		return err
	}
	p := limitsProps{
		Version: form.Get("version"), Silver: form.Get("silver"), Gold: form.Get("gold"), Platinum: form.Get("platinum"),
		Spend: form.Get("spend_bands"), Orders: form.Get("order_bands"), Registered: form.Get("registered_days"),
	}
	in := customer.ChangedSettings{Brand: v.Brand.ID, Version: version(p.Version), Settings: customer.Settings{
		Tiers:      [3]int64{typedNumber(p.Silver), typedNumber(p.Gold), typedNumber(p.Platinum)},
		SpendBands: typedList(p.Spend), OrderBands: typedList(p.Orders), RegisteredDays: typedList(p.Registered),
	}}
	if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, customer.ChangeSettings, in); err != nil {
		if t, ok := wrong(v, err, "tiers", "silver", "spend_bands", "order_bands", "registered_days"); ok {
			return showLimits(v, t.status, p, t.moved("tiers", "silver"))
		}
		return err
	}
	return v.Gone("/admin/settings/customers")
}

// typedNumber is a whole number as people type it; -1, which no limit may be, for anything else.
func typedNumber(s string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// typedList is numbers with commas or spaces between.
func typedList(s string) (all []int64) {
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == ' ' }) {
		all = append(all, typedNumber(word))
	}
	return all
}

func listOf(numbers []int64) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = number(n)
	}
	return strings.Join(words, ", ")
}
