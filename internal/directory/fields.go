package directory

import (
	"strings"

	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// Who sees what (roles.md, product.md): an account's own facts are seen with the account. Single orders, what follows from when and
// how many there were, and the tier's name need customers.purchases; sums of money need customers.financials.
var (
	account    = []access.Permission{access.UsersView, access.CustomersView}
	purchases  = []access.Permission{access.CustomersPurchases}
	financials = []access.Permission{access.CustomersFinancials}
)

const customerRole = "customer"

// UserFields are the fields of the list of users.
var UserFields = &field.List[Person]{Name: "users", Sort: "-registered_at", Fields: []field.Field[Person]{
	id, name, email, phone, roleOf, status, emailVerified, phoneVerified, registeredAt, lastSeenAt, location, city, kind,
}}

// CustomerFields are the fields of the list of customers.
var CustomerFields = &field.List[Person]{Name: "customers", Sort: "-registered_at", Fields: []field.Field[Person]{
	id, name, email, phone, status, tier, lifetimeSpend, orderCount, averageOrder, firstOrderAt, lastOrderAt, location, city,
	favouriteCategory, refunds, emailVerified, registeredAt, lastSeenAt,
}}

// The columns stand in two tables: p is people, the narrow one, where all filters are, and u is users.
var (
	id = field.Field[Person]{
		Key: "id", Label: "User ID", Type: field.Text, See: account,
		Select: "u.id", Into: func(p *Person) []any { return []any{&p.ID} }, Value: func(p *Person) any { return string(p.ID) },
	}
	name = field.Field[Person]{
		Key: "name", Label: "Name", Type: field.Text, See: account,
		Select: "u.first_name, u.last_name", Into: func(p *Person) []any { return []any{&p.FirstName, &p.LastName} },
		Value: func(p *Person) any { return p.Name() }, Sort: &field.Order{Table: "users", Key: "name_sort", Text: true},
	}
	email = field.Field[Person]{
		Key: "email", Label: "E-mail", Type: field.Text, See: account,
		Select: "u.email", Into: func(p *Person) []any { return []any{&p.Email} }, Value: func(p *Person) any { return p.Email },
		Sort: &field.Order{Table: "users", Key: "email_norm", Text: true},
	}
	phone = field.Field[Person]{
		Key: "phone", Label: "Phone", Type: field.Text, See: account,
		Select: "u.phone", Into: func(p *Person) []any { return []any{&p.Phone} }, Value: func(p *Person) any { return p.Phone },
	}
	roleOf = field.Field[Person]{
		Key: "role", Label: "Role", Type: field.Choice, See: account,
		Select: "p.role", Into: func(p *Person) []any { return []any{&p.role} }, Value: func(p *Person) any { return p.Role },
		Choices: roleChoices(), Condition: hasRole,
	}
	status = field.Field[Person]{
		Key: "status", Label: "Status", Type: field.Choice, See: account,
		Select: "p.status", Into: func(p *Person) []any { return []any{&p.status} }, Value: func(p *Person) any { return string(p.Status) },
		Where: "p.status", Choices: statusChoices(),
	}
	emailVerified = field.Field[Person]{
		Key: "email_verified", Label: "E-mail verified", Type: field.Flag, See: account,
		Select: "p.email_verified", Into: func(p *Person) []any { return []any{&p.EmailVerified} }, Value: func(p *Person) any { return p.EmailVerified },
		Where: "p.email_verified",
	}
	phoneVerified = field.Field[Person]{
		Key: "phone_verified", Label: "Phone verified", Type: field.Flag, See: account,
		Select: "p.phone_verified", Into: func(p *Person) []any { return []any{&p.PhoneVerified} }, Value: func(p *Person) any { return p.PhoneVerified },
		Where: "p.phone_verified",
	}
	registeredAt = moment("registered_at", "Registered", "registered_at", account, func(p *Person) *int64 { return &p.RegisteredAt })
	lastSeenAt   = moment("last_seen_at", "Last login", "last_seen_at", account, func(p *Person) *int64 { return &p.LastSeenAt })
	location     = field.Field[Person]{
		Key: "location", Label: "Location", Type: field.Choice, See: account,
		Select: "p.location_num", Into: func(p *Person) []any { return []any{&p.location} }, Value: func(p *Person) any { return string(p.Location) },
		Where: "p.location_num",
	}
	city = field.Field[Person]{
		Key: "city", Label: "City", Type: field.Choice, See: account,
		Select: "p.location_num", Into: func(p *Person) []any { return []any{&p.location} }, Value: func(p *Person) any { return p.City },
		Where: "p.location_num", Normal: citySlug,
	}
	kind = field.Field[Person]{
		Key: "kind", Label: "Kind", Type: field.Choice, See: account,
		Choices: []field.Option{
			{Value: "customer", Label: "Customers", Nums: []int64{int64(user.IsCustomer)}},
			{Value: "staff", Label: "Staff", Nums: []int64{int64(user.IsStaff)}},
			{Value: "company_user", Label: "Company users", Nums: []int64{int64(user.IsCompany)}},
		},
		Condition: func(b field.Builder, p *field.Predicate) string {
			var mask int64
			for _, n := range p.Nums {
				mask |= n
			}
			return "(p.kinds & " + b.Var(mask) + ") <> 0"
		},
	}
	tier = field.Field[Person]{
		Key: "tier", Label: "Tier", Type: field.Choice, See: purchases,
		Select: "p.tier", Into: func(p *Person) []any { return []any{&p.tier} }, Value: func(p *Person) any { return p.Tier.String() },
		Where: "p.tier", Choices: tierChoices(),
	}
	lifetimeSpend = field.Field[Person]{
		Key: "lifetime_spend", Label: "Spend", Type: field.Money, See: financials,
		Select: "p.lifetime", Into: func(p *Person) []any { return []any{&p.LifetimeSpend.Minor} }, Value: func(p *Person) any { return p.LifetimeSpend },
		Where: "p.lifetime", Sort: &field.Order{Table: "people", Key: "lifetime", Desc: true},
		Bands: spendBands(customer.DefaultSettings().SpendBands),
	}
	orderCount = field.Field[Person]{
		Key: "order_count", Label: "Orders", Type: field.Number, See: purchases,
		Select: "p.orders", Into: func(p *Person) []any { return []any{&p.OrderCount} }, Value: func(p *Person) any { return p.OrderCount },
		Where: "p.orders", Sort: &field.Order{Table: "people", Key: "orders", Desc: true},
		Bands: orderBands(customer.DefaultSettings().OrderBands),
	}
	averageOrder = field.Field[Person]{
		Key: "average_order", Label: "Average order", Type: field.Money, See: financials,
		Select: "p.gross, p.orders", Into: func(p *Person) []any { return []any{&p.gross, &p.paid} }, Value: func(p *Person) any { return p.AverageOrder },
	}
	firstOrderAt      = withoutOrder(moment("first_order_at", "First order", "first_order_at", purchases, func(p *Person) *int64 { return &p.FirstOrderAt }))
	lastOrderAt       = moment("last_order_at", "Last order", "last_order_at", purchases, func(p *Person) *int64 { return &p.LastOrderAt })
	favouriteCategory = field.Field[Person]{
		Key: "favourite_category", Label: "Favourite category", Type: field.Text, See: purchases,
		Select: "p.favourite, p.favourite_share", Into: func(p *Person) []any { return []any{&p.FavouriteCategory, &p.FavouriteShare} },
		Value: func(p *Person) any { return p.FavouriteCategory },
	}
	refunds = field.Field[Person]{
		Key: "refunds", Label: "Refunds", Type: field.Money, See: financials,
		Select: "p.refunded", Into: func(p *Person) []any { return []any{&p.Refunded.Minor} }, Value: func(p *Person) any { return p.Refunded },
	}
)

// moment is a time of the narrow table, with an index of its own.
func moment(key, label, column string, see []access.Permission, at func(*Person) *int64) field.Field[Person] {
	return field.Field[Person]{
		Key: key, Label: label, Type: field.Time, See: see,
		Select: "p." + column, Into: func(p *Person) []any { return []any{at(p)} }, Value: func(p *Person) any { return *at(p) },
		Where: "p." + column, Sort: &field.Order{Table: "people", Key: column, Desc: true},
	}
}

func withoutOrder(f field.Field[Person]) field.Field[Person] { f.Sort = nil; return f }

// statusChoices are the statuses, with the words of the sources' filters for deactivated.
func statusChoices() []field.Option {
	options := make([]field.Option, len(user.Statuses))
	for i, s := range user.Statuses {
		options[i] = field.Option{Value: string(s), Label: s.Label(), Nums: []int64{s.Num()}}
		if s == user.Deactivated {
			options[i].Aliases = []string{"inactive"}
		}
	}
	return options
}

// roleChoices are the roles of staff and of company users, and Customer: who has none of them, and a storefront account.
func roleChoices() []field.Option {
	var options []field.Option
	for _, r := range access.BuiltIn {
		if r.Key != customerRole {
			options = append(options, field.Option{Value: r.Key, Label: r.Name, Nums: []int64{role.Num(r.Key)}})
		}
	}
	return append(options, field.Option{Value: customerRole, Label: "Customer", Nums: []int64{0}})
}

func hasRole(b field.Builder, p *field.Predicate) string {
	var parts []string
	var nums []int64
	for _, n := range p.Nums {
		if n == 0 {
			parts = append(parts, "p.role = 0 and (p.kinds & 1) = 1")
		} else {
			nums = append(nums, n)
		}
	}
	if len(nums) > 0 {
		parts = append(parts, field.AnyNum(b, "p.role", nums))
	}
	return "(" + strings.Join(parts, " or ") + ")"
}

func tierChoices() []field.Option {
	options := make([]field.Option, len(customer.Levels))
	for i, l := range customer.Levels {
		options[i] = field.Option{Value: l.String(), Label: l.Label(), Nums: []int64{int64(l)}}
	}
	return options
}

// citySlug is a city as an address names it, so that Leeds and leeds are one and a comma does not end a value.
func citySlug(city string) string {
	return strings.Join(strings.FieldsFunc(text.Fold(city), func(r rune) bool { return r == ' ' || r == ',' || r == '-' }), "-")
}
