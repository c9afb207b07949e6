package story

import (
	"net/http"
	"time"

	"github.com/stewardhq/steward/internal/web/ui"
)

var never time.Time

func customerFilters() []ui.Filter {
	return []ui.Filter{
		{Label: "Status", Value: "Active", Choices: []ui.Choice{
			{Name: "status", Value: "active", Label: "Active", Count: "23,911", On: true}, {Name: "status", Value: "deactivated", Label: "Inactive", Count: "206"}, {Name: "status", Value: "banned", Label: "Banned", Count: "18"},
		}},
		{Label: "Tier", Value: "Silver and up", Choices: []ui.Choice{
			{Name: "tier", Value: "bronze", Label: "Bronze", Count: "20,712"}, {Name: "tier", Value: "silver", Label: "Silver", Count: "2,690", On: true}, {Name: "tier", Value: "gold", Label: "Gold", Count: "1,174", On: true}, {Name: "tier", Value: "platinum", Label: "Platinum", Count: "42", On: true},
		}},
		{Label: "Spend", Value: "£50 and more", Choices: []ui.Choice{
			{Name: "spend", Value: "0-50", Label: "£0 to 50", Count: "20,712"}, {Name: "spend", Value: "50-500", Label: "£50 to 500", Count: "2,690", On: true}, {Name: "spend", Value: "500-5000", Label: "£500 to 5,000", Count: "1,174", On: true}, {Name: "spend", Value: "5000-", Label: "£5,000 and more", Count: "42", On: true},
		}, From: &ui.Field{Name: "spend[gte]", Label: "From, £", Mode: "decimal", Value: "50.00"}, To: &ui.Field{Name: "spend[lt]", Label: "Below, £", Mode: "decimal"}},
		{Label: "Registered", Single: true, Choices: []ui.Choice{
			{Name: "registered", Value: "7", Label: "Last 7 days", Count: "212"}, {Name: "registered", Value: "30", Label: "Last 30 days", Count: "1,312"}, {Name: "registered", Value: "90", Label: "Last 90 days", Count: "3,480"},
		}, From: &ui.Field{Name: "registered[gte]", Label: "From", Type: "date"}, To: &ui.Field{Name: "registered[lte]", Label: "Until", Type: "date"}, Note: "Both days are included."},
		{Label: "Orders", Choices: []ui.Choice{
			{Name: "orders", Value: "0", Label: "None", Count: "2,771"}, {Name: "orders", Value: "1-5", Label: "1 to 5"}, {Name: "orders", Value: "6-20", Label: "6 to 20"}, {Name: "orders", Value: "21-", Label: "21 and more"},
		}},
		{Label: "Location", Choices: []ui.Choice{{Name: "location", Value: "york", Label: "York"}, {Name: "location", Value: "leeds", Label: "Leeds"}, {Name: "location", Value: "hull", Label: "Hull"}}},
	}
}

func userFilters() []ui.Filter {
	return []ui.Filter{
		{Label: "Status", Value: "any of 5", Choices: []ui.Choice{{Name: "status", Value: "active", Label: "Active", Count: "18,911", On: true}, {Name: "status", Value: "invited", Label: "Invited", Count: "142", On: true}, {Name: "status", Value: "archived", Label: "Archived", Count: "3"}}},
		{Label: "Role", Choices: []ui.Choice{{Name: "role", Value: "admin", Label: "Admin", Count: "9"}, {Name: "role", Value: "shop_manager", Label: "Shop Manager", Count: "11"}, {Name: "role", Value: "customer", Label: "Customer", Count: "24,618"}}},
		{Label: "Verified", Single: true, Choices: []ui.Choice{{Name: "verified", Value: "yes", Label: "E-mail verified"}, {Name: "verified", Value: "no", Label: "Not verified"}}},
	}
}

// adaRail is Ada's account column; a viewer without the right to her segments gets no such part.
func adaRail(whole bool) []ui.RailPart {
	parts := []ui.RailPart{
		{ID: "account", Title: "Account", Edit: ui.Action{Label: "Edit", Href: Prefix + "add-user"}, Pairs: []ui.Pair{
			ui.P("Name", "Ada Okafor"),
			{Label: "E-mail", Value: ui.Text(ui.T("ada.okafor@example.com")), Icon: "mail-check", Note: ui.Text(ui.T("Verified 15 Jan 2023"))},
			{Label: "Phone", Body: ui.NumberFact("+44 7700 900 142"), Icon: "phone-check", Note: ui.Text(ui.T("Verified 2 Feb 2023"))},
			ui.P("Born", "20 Apr 1990"), ui.P("Address", "14 Marygate Lane, York YO30 7BJ"), ui.P("Home location", "York"),
			{Label: "Member since", Body: ui.On(clock, day(2023, 1, 15))}, ui.P("ID check", "Verified 9 Mar 2024 by Tom Whitfield"),
			{Label: "User ID", Value: ui.Text(ui.M("01GPV6C2K8"))},
		}},
		{ID: "tags", Title: "Tags", Body: ui.TagsEdit([]string{"VIP", "York", "Newsletter"}, ui.Action{Label: "Tag", Href: Prefix})},
		{ID: "consent", Title: "Consent", Pairs: []ui.Pair{
			{Label: "E-mail", Value: ui.Text(ui.T("Given 15 Jan 2023")), Note: ui.Text(ui.T("sign-up form, text v4"))}, {Label: "SMS", Note: ui.Text(ui.T("Not given"))}, ui.P("Privacy text", "v7, accepted 1 Mar 2026"),
		}},
	}
	if whole {
		parts = append(parts, ui.RailPart{ID: "segments", Title: "In segments", Body: ui.LinkList([][]ui.Run{
			{ui.L("Gold, York", Prefix)}, {ui.L("Bought flower twice", Prefix), ui.Q(" since 2 Nov")},
		})})
	}
	return parts
}

func adaTabList(tab string, audit bool) []ui.Tab {
	tabs := []ui.Tab{
		{Label: "Orders", Count: "45", Href: "?tab=orders", Current: tab == "orders"},
		{Label: "Activity", Href: "?tab=activity", Current: tab != "orders"},
	}
	if audit {
		tabs = append(tabs, ui.Tab{Label: "Audit", Href: "?tab=audit"})
	}
	return tabs
}

func deactivateProps() ui.DialogProps {
	return ui.DialogProps{Title: "Deactivate Ada Okafor?", Action: Prefix + "deactivate", Do: "Deactivate Ada", Danger: true, Cancel: Prefix + "customer"}
}

func areas() []ui.Area {
	on := func(name, label, at string) ui.Tick { return ui.Tick{Name: name, Label: label, At: at, On: true} }
	off := func(name, label, at string) ui.Tick { return ui.Tick{Name: name, Label: label, At: at} }
	step := func(t ui.Tick) ui.Tick { t.StepUp = true; return t }
	changed := func(t ui.Tick) ui.Tick { t.Changed = true; return t }
	return []ui.Area{
		{Key: "products", Label: "Products", Level: "edit", Permissions: []ui.Tick{on("products.view", "View", "view"), on("products.create", "Create", "edit"), on("products.edit", "Edit", "edit"), on("products.delete", "Delete", ""), on("products.inventory", "Inventory", "edit")}},
		{Key: "orders", Label: "Orders", Level: "edit", Changed: "Refund taken away", Permissions: []ui.Tick{on("orders.view", "View", "view"), on("orders.process", "Process", "edit"), on("orders.cancel", "Cancel", ""), changed(off("orders.refund", "Refund", ""))}},
		{Key: "customers", Label: "Customers", Level: "edit", Permissions: []ui.Tick{on("customers.view", "View", "view"), on("customers.edit", "Edit", "edit"), on("customers.history", "Purchase history", "view"), on("customers.financials", "Financials", ""), step(on("customers.archive", "Archive", "")), on("customers.export", "Export", "")}},
		{Key: "loyalty", Label: "Loyalty", Level: "view", Permissions: []ui.Tick{on("loyalty.view", "View", "view"), off("loyalty.adjust", "Adjust points", "edit")}},
		{Key: "settings", Label: "Settings", Level: "view", Changed: "View instead of Edit", Permissions: []ui.Tick{on("settings.view", "View", "view"), changed(step(off("settings.edit", "Edit", "edit"))), off("api_keys.manage", "API keys", "")}},
	}
}

func reasonFor(status int) []ui.Run {
	if status == http.StatusForbidden {
		return ui.Text(ui.T("You need “Refund orders” at Leeds. You have it at York. Ines Carvalho and Yusuf Demir can give it."))
	}
	return nil
}
