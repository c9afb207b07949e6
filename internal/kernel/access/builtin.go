package access

import (
	"fmt"
	"strings"
)

// The built-in roles. They are copied, never edited. Each cell reads like the table that testdata/roles.golden spells out: an
// area, then "all", a level (V, E) and single verbs.
var (
	SuperAdmin = &Role{Key: "super_admin", Name: "Super Admin", For: Staff, Highest: PlatformNode, Whole: true, Kept: true,
		Summary: "Everything, on the whole platform. Alone changes staff roles and system settings and restores archives.",
		Set:     everything().Minus(ownArea)}

	Admin = &Role{Key: "admin", Name: "Admin", For: Staff, Highest: PlatformNode,
		Summary: "All of Shop Manager and Marketing, financials and most settings. No staff roles, nothing destructive in the system.",
		Set: cells("products E delete", "orders E refund cancel", "customers all", "loyalty all", "wallets V adjust",
			"withdrawals V manage", "promotions E", "analytics all", "reports all", "competitions E archive", "winners manage",
			"fulfilment manage", "pages edit", "media edit", "menus edit", "homepage edit", "campaigns all", "segments E",
			accounts, "staff_roles V", "roles V", "companies all", "company_users all", "company_locations all", "budgets all",
			"settings E", "security V", "api_keys all", "webhooks all", "access all", "facts all", "imports run",
			"suppressions V manage", "risk V manage")}

	BrandAdmin = &Role{Key: "brand_admin", Name: "Brand Admin", For: Staff, Highest: BrandNode,
		Summary: "Everything within the brand, except what is the Super Admin's alone.",
		Set: cells("products E delete", "orders E refund cancel", "customers all", "loyalty all", "wallets V adjust",
			"withdrawals V manage", "promotions E", "analytics all", "reports all", "competitions E archive delete",
			"winners manage", "fulfilment manage", "pages edit", "media edit", "menus edit", "homepage edit", "campaigns all",
			"segments E", accounts, "staff_roles V", "roles V manage", "companies all", "company_users all",
			"company_locations all", "budgets all", "settings E", "security V", "audit V export", "api_keys all", "webhooks all",
			"access all", "facts all", "imports run", "suppressions V manage", "risk V manage")}

	HubAdmin = &Role{Key: "hub_admin", Name: "Hub Admin", For: Staff, Highest: LocationNode,
		Summary: "Customers, orders with refunds, points and stock of chosen locations. No settings, no staff.",
		Set: cells("products V inventory", "orders E refund cancel", "customers E purchases financials notes tags email export",
			"loyalty V adjust", "wallets V", "promotions V", "analytics V", "reports growth", "competitions V", "segments V",
			"users V deactivate suspend ban reset_password", "suppressions V", "risk V"),
		Limits: Limits{People: PeopleOf(Customer), Everyone: Of(UsersView), ExportRows: 500}}

	ShopManager = &Role{Key: "shop_manager", Name: "Shop Manager", For: Staff, Highest: BrandNode,
		Summary: "Looks at competitions, orders and users; moves wallets, winners, fulfilment and withdrawals; marks IDs. Never revenue or spend.",
		Set: cells("orders V", "customers V purchases bank_details", "wallets V adjust", "withdrawals V manage", "competitions V",
			"winners manage", "fulfilment manage", "users V verify_identity")}

	Marketing = &Role{Key: "marketing", Name: "Marketing", For: Staff, Highest: BrandNode,
		Summary: "Pages, campaigns, promotions and segments. Never one customer's money.",
		Set: cells("products V", "customers V tags email export", "promotions E", "analytics V", "competitions V", "pages edit",
			"media edit", "menus edit", "homepage edit", "campaigns all", "segments E", "users V", "suppressions V"),
		Limits: Limits{People: PeopleOf(Customer), ExportPurposes: []string{PurposeMarketing}}}

	Moderator = &Role{Key: "moderator", Name: "Moderator", For: Staff, Highest: BrandNode,
		Summary: "Pages and media; looks at products and competitions.",
		Set:     cells("products V", "competitions V", "pages edit", "media edit")}

	Support = &Role{Key: "support", Name: "Support", For: Staff, Highest: BrandNode,
		Summary: "Customer service: looks up, edits profiles, resets passwords, suspends, writes notes, gives goodwill points.",
		Set: cells("products V", "orders V", "customers E purchases financials notes tags email", "loyalty V goodwill",
			"wallets V", "promotions V", "competitions V", "users V edit suspend reset_password sessions impersonate",
			"companies V", "company_users V", "company_locations V", "budgets V", "suppressions V", "risk V"),
		Limits: Limits{People: PeopleOf(Customer, CompanyUser)}}

	Developer = &Role{Key: "developer", Name: "Developer", For: Staff, Highest: BrandNode,
		Summary: "API keys and webhooks; looks at the rest, without financials.",
		Set: cells("products V", "orders V", "customers V purchases", "promotions V", "competitions V", "campaigns V", "segments V",
			"users V", "staff_roles V", "roles V", "companies V", "company_users V", "company_locations V", "budgets V",
			"settings V", "api_keys all", "webhooks all", "access all", "facts all")}

	ReadOnly = &Role{Key: "read_only", Name: "Read-only", For: Staff, Highest: BrandNode,
		Summary: "Sees, money too, and changes nothing. For analysts and accountants.",
		Set: cells("products V", "orders V", "customers V purchases financials", "loyalty V", "wallets V", "withdrawals V",
			"promotions V", "analytics all", "reports all", "competitions V", "campaigns V", "segments V", "users V",
			"staff_roles V", "roles V", "companies V", "company_users V", "company_locations V", "budgets V", "settings V",
			"security V", "suppressions V", "risk V")}

	CompanyAdmin = &Role{Key: "company_admin", Name: "CompanyAdmin", For: CompanyUser, Highest: CompanyNode, Kept: true,
		Summary: "Runs the company: its people, their roles and locations, limits and orders.",
		Set: cells("company_users all", "company_locations V edit assign", "budgets V manage",
			"company_orders request place approve", "companies V edit")}

	BudgetAdmin = &Role{Key: "budget_admin", Name: "BudgetAdmin", For: CompanyUser, Highest: CompanyNode,
		Summary: "Sets limits and approves orders.",
		Set:     cells("company_users V", "company_locations V", "budgets V manage", "company_orders approve", "companies V")}

	OrdererAdmin = &Role{Key: "orderer_admin", Name: "OrdererAdmin", For: CompanyUser, Highest: CompanyNode,
		Summary: "Places and approves orders.",
		Set: cells("company_users V", "company_locations V", "budgets V", "company_orders request place approve",
			"companies V")}

	Orderer = &Role{Key: "orderer", Name: "Orderer", For: CompanyUser, Highest: CompanyNode,
		Summary: "Places orders within own limits.",
		Set:     cells("company_users V", "company_locations V", "budgets V", "company_orders request place", "companies V"),
		Limits:  Limits{Own: Of(BudgetsView)}}

	Requester = &Role{Key: "requester", Name: "Requester", For: CompanyUser, Highest: CompanyNode,
		Summary: "Asks for orders that others approve.",
		Set:     cells("company_users V", "company_locations V", "budgets V", "company_orders request", "companies V"),
		Limits:  Limits{Own: Of(BudgetsView)}}

	// CustomerRole is what everybody with a storefront account holds on it. The engine gives it with the account, at the brand.
	CustomerRole = &Role{Key: "customer", Name: "Customer", For: Customer, Highest: BrandNode,
		Summary: "The own profile, orders, entries and privacy.",
		Set:     cells("own all")}
)

// BuiltIn is every built-in role in the order of display: staff, company, customer.
var BuiltIn = []*Role{
	SuperAdmin, Admin, BrandAdmin, HubAdmin, ShopManager, Marketing, Moderator, Support, Developer, ReadOnly,
	CompanyAdmin, BudgetAdmin, OrdererAdmin, Orderer, Requester, CustomerRole,
}

// BuiltInRole finds a built-in role by its key.
func BuiltInRole(key string) (*Role, bool) {
	for _, r := range BuiltIn {
		if r.Key == key {
			return r, true
		}
	}
	return nil, false
}

// accounts is what Admin and Brand Admin may do with accounts. Restoring an archive and acting as somebody are not in it.
const accounts = "users V edit invite deactivate suspend ban archive delete reset_password verify_identity sessions impersonate"

func everything() (s Set) {
	for p := range Permissions {
		s = s.With(p)
	}
	return s
}

// cells reads cells of the table. A cell that names something unknown stops the program at its start.
func cells(list ...string) (s Set) {
	for _, cell := range list {
		words := strings.Fields(cell)
		area := Area(words[0])
		for _, word := range words[1:] {
			var part Set
			switch word {
			case "all":
				part = area.Permissions()
			case "V":
				part = area.At(View)
			case "E":
				part = area.At(Edit)
			default:
				part = Of(byName[words[0]+"."+word])
			}
			if part.Empty() {
				panic(fmt.Sprintf("access: %q of the cell %q is nothing in the catalogue", word, cell))
			}
			s = s.Union(part)
		}
	}
	return s
}
