package access

import (
	"net/url"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/privacy"
)

// deskExamples are the rows of what the desk works with: keys, exports, customers, orders, lists, the log, privacy.
var deskExamples = []example{
	{op: "apikey.create", in: func(s *scene, _ *op.Caller) any {
		return fields{"Name": s.name("Shop"), "Scope": s.aurora.Scope(), "Permissions": access.Of(access.CustomersView)}
	}},
	{op: "apikey.create", what: "above its maker", in: func(s *scene, _ *op.Caller) any {
		return fields{"Name": s.name("Shop"), "Scope": s.aurora.Scope(), "Permissions": access.Of(access.SystemPurge)}
	}},
	{op: "apikey.revoke", in: func(s *scene, _ *op.Caller) any { return fields{"Key": key(s)} }},
	{op: "apikey.show", in: func(s *scene, _ *op.Caller) any { return fields{"Key": key(s)} }},
	{op: "apikey.list", in: func(s *scene, _ *op.Caller) any { return s.aurora }},
	{op: "apikey.authenticate", what: "an unknown token", in: func(*scene, *op.Caller) any { return "no such hash" }, ruled: "there is no such key"},
	{op: "apikey.elsewhere", in: nothing, ruled: "the key is used from outside of its networks"},
	{op: "apikey.touch", in: func(s *scene, _ *op.Caller) any { return key(s) }},

	{op: "export.list", in: nothing},
	{op: "export.show", what: "somebody else's", in: exported, ruled: "an export belongs to who asked for it"},
	{op: "export.open", what: "somebody else's", in: exported, ruled: "an export belongs to who asked for it"},
	{op: "export.cancel", what: "somebody else's", in: exported, ruled: "an export belongs to who asked for it"},
	{op: "export.finish", what: "somebody else's", in: func(s *scene, c *op.Caller) any {
		return fields{"Export": exported(s, c), "Rows": 1}
	}, ruled: "an export belongs to who asked for it"},
	{op: "export.begin", in: exported},
	{op: "export.task", in: exported, ruled: "it answers the job alone"},
	{op: "export.requester", in: exported, ruled: "it answers the job alone"},
	{op: "export.live", in: nothing, ruled: "it answers the job alone"},
	{op: "export.end", in: func(s *scene, c *op.Caller) any { return fields{"Export": exported(s, c), "State": "failed"} }},
	{op: "export.tidy", in: nothing},
	{op: "subject.package", what: "a customer's", each: true, in: func(s *scene, _ *op.Caller) any {
		unhurried(s)
		return fields{"User": s.customer()}
	}},
	{op: "subject.package", what: "a Support's", each: true, in: func(s *scene, _ *op.Caller) any {
		unhurried(s)
		return fields{"User": s.colleague(access.Support)}
	}},
	{op: "subject.package", what: "one's own", each: true, in: func(s *scene, c *op.Caller) any {
		unhurried(s)
		return fields{"User": self(s, c)}
	}},
	{op: "subject.read", what: "a customer's account", in: func(s *scene, _ *op.Caller) any { return fields{"User": s.customer(), "Section": "account"} }},
	{op: "subject.read", what: "a customer's statistics", in: func(s *scene, _ *op.Caller) any { return fields{"User": s.customer(), "Section": "statistics"} }},
	{op: "subject.read", what: "a Support's sessions", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.colleague(access.Support), "Section": "sessions"}
	}},

	{op: "customer.create", what: "at York", in: func(s *scene, _ *op.Caller) any {
		return fields{"Brand": s.aurora, "Location": s.york, "FirstName": "New", "Email": s.email()}
	}},
	{op: "customer.create", what: "at no location", in: func(s *scene, _ *op.Caller) any {
		return fields{"Brand": s.aurora, "FirstName": "New", "Email": s.email()}
	}},
	{op: "customers.ingest", in: func(s *scene, _ *op.Caller) any {
		return fields{"Brand": s.aurora, "Source": "shop", "Records": []any{fields{"ExternalID": s.name("c"), "Email": s.email()}}}
	}},
	{op: "customer.set_home_location", what: "from York to Leeds", in: func(s *scene, _ *op.Caller) any {
		return fields{"Customer": s.customer(), "Location": s.leeds}
	}},
	{op: "customer.set_imported_spend", in: func(s *scene, _ *op.Caller) any {
		return fields{"Customer": s.customer(), "Amount": money.Of(50_00, "GBP"), "From": "the old shop"}
	}},
	{op: "customer.roll_tiers", in: nothing},
	{op: "customer_settings.show", in: func(s *scene, _ *op.Caller) any { return s.aurora }},
	{op: "customer_settings.change", in: func(s *scene, _ *op.Caller) any {
		return fields{"Brand": s.aurora, "Tiers": []any{50, 500, 5000 + s.next()}, "SpendBands": []any{50}, "OrderBands": []any{1}, "RegisteredDays": []any{7}}
	}},
	{op: "customer.retier", in: func(s *scene, _ *op.Caller) any { return fields{"Brand": s.aurora} }},

	{op: "orders.ingest", in: func(s *scene, _ *op.Caller) any {
		return fields{"Brand": s.aurora, "Source": "shop", "Records": []any{fields{"Order": order(s)}}}
	}},
	{op: "order.put", in: func(s *scene, _ *op.Caller) any {
		return fields{"Brand": s.aurora, "Source": "shop", "Order": order(s)}
	}},
	{op: "order.list", what: "of a customer", in: func(s *scene, _ *op.Caller) any { return fields{"Customer": s.customer()} }},
	{op: "order.list", what: "of the brand", in: func(s *scene, _ *op.Caller) any { return fields{"Brand": s.aurora} }},
	{op: "order.total", what: "of a customer", in: func(s *scene, _ *op.Caller) any { return fields{"Customer": s.customer()} }},
	{op: "order.total", what: "of the brand", in: func(s *scene, _ *op.Caller) any { return fields{"Brand": s.aurora} }},
	{op: "order.show", in: func(s *scene, _ *op.Caller) any { return placed(s) }},
	{op: "order.find_number", in: func(s *scene, _ *op.Caller) any { return fields{"Brand": s.aurora, "Number": "1001"} }},
	{op: "order.monthly_spend", in: func(s *scene, _ *op.Caller) any { return fields{"Customer": s.customer(), "Months": 3} }},
	{op: "statistics.rebuild", in: func(s *scene, _ *op.Caller) any { return fields{"Brand": s.aurora} }},

	{op: "user.list", in: list},
	{op: "user.total", in: list},
	{op: "user.beside", in: func(s *scene, _ *op.Caller) any {
		return fields{"Brand": s.aurora, "User": s.colleague(access.Support)}
	}},
	{op: "customer.list", in: list},
	{op: "customer.list", what: "sorted by spend", in: func(s *scene, _ *op.Caller) any {
		return fields{"Brand": s.aurora, "Params": url.Values{"sort": {"-lifetime_spend"}}}
	}},
	{op: "customer.list", what: "filtered by spend", in: func(s *scene, _ *op.Caller) any {
		return fields{"Brand": s.aurora, "Params": url.Values{"lifetime_spend[gte]": {"50"}}}
	}},
	{op: "customer.total", in: list},
	{op: "customer.total", what: "filtered by spend", in: func(s *scene, _ *op.Caller) any {
		return fields{"Brand": s.aurora, "Params": url.Values{"lifetime_spend[gte]": {"50"}}}
	}},
	{op: "customer.beside", in: func(s *scene, _ *op.Caller) any { return fields{"Brand": s.aurora, "User": s.customer()} }},
	{op: "user.statistics", in: func(s *scene, _ *op.Caller) any { return s.aurora }},
	{op: "person.show", what: "a customer", in: func(s *scene, _ *op.Caller) any { return s.customer() }},
	{op: "person.show", what: "a Support", in: func(s *scene, _ *op.Caller) any { return s.colleague(access.Support) }},
	{op: "person.show", what: "a Super Admin", in: func(s *scene, _ *op.Caller) any { return s.w.Member("marcus").ID }},
	{op: "person.activity", what: "a customer's", in: func(s *scene, _ *op.Caller) any { return fields{"User": s.customer()} }},
	{op: "person.activity", what: "a Support's", in: func(s *scene, _ *op.Caller) any { return fields{"User": s.colleague(access.Support)} }},
	{op: "person.export_list", what: "customers", each: true, in: func(s *scene, _ *op.Caller) any {
		unhurried(s)
		return fields{"List": "customers", "Brand": s.aurora, "Most": int64(500), "Purpose": "analysis"}
	}},
	{op: "person.export_list", what: "customers, thousands", each: true, in: func(s *scene, _ *op.Caller) any {
		unhurried(s)
		return fields{"List": "customers", "Brand": s.aurora, "Most": int64(10_000 + s.next()), "Purpose": "analysis"}
	}},
	{op: "person.export_list", what: "a marketing list", each: true, in: func(s *scene, _ *op.Caller) any {
		unhurried(s)
		return fields{"List": "customers", "Brand": s.aurora, "Most": int64(500), "Purpose": access.PurposeMarketing}
	}},
	{op: "person.export_rows", in: func(s *scene, _ *op.Caller) any {
		return fields{"List": "customers", "Brand": s.aurora, "Purpose": "analysis"}
	}},
	{op: "person.export_activity", what: "a customer's", each: true, in: func(s *scene, _ *op.Caller) any {
		unhurried(s)
		return fields{"User": s.customer(), "Kinds": []string{"order", "sign_in"}, "Purpose": "support"}
	}},
	{op: "person.export_activity", what: "a customer's, with the log", each: true, in: func(s *scene, _ *op.Caller) any {
		unhurried(s)
		return fields{"User": s.customer(), "Kinds": []string{"profile", "security"}, "Purpose": "compliance"}
	}},
	{op: "person.export_activity", what: "a Support's", each: true, in: func(s *scene, _ *op.Caller) any {
		unhurried(s)
		return fields{"User": s.colleague(access.Support), "Purpose": "compliance"}
	}},
	{op: "person.export_activity", what: "one's own", each: true, in: func(s *scene, c *op.Caller) any {
		unhurried(s)
		return fields{"User": self(s, c)}
	}},

	{op: "import.begin", in: begin},
	{op: "import.advance", in: func(s *scene, c *op.Caller) any {
		return fields{"ID": fieldsOf(s.do("import.begin", begin(s, c)))["ID"], "Done": 1}
	}},
	{op: "import.summarise", in: func(s *scene, _ *op.Caller) any { return s.aurora }},

	{op: "audit.list", in: list},
	{op: "audit.total", in: list},
	{op: "audit.recent", in: list},
	{op: "audit.chains", in: func(s *scene, _ *op.Caller) any { return s.aurora }},
	{op: "audit.show", in: entry},
	{op: "audit.about", what: "a customer", in: about},
	{op: "audit.about_total", what: "a customer", in: about},

	{op: "user.archive", what: "a customer", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.customer(), "Reason": privacy.GDPRRequest, "Note": "By letter."}
	}},
	{op: "user.archive", what: "a Support", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.colleague(access.Support), "Reason": privacy.Other}
	}},
	{op: "user.archive", what: "a Brand Admin", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.colleague(access.BrandAdmin), "Reason": privacy.Other}
	}},
	{op: "user.archive", what: "oneself", each: true, in: func(s *scene, c *op.Caller) any {
		return fields{"User": self(s, c), "Reason": privacy.GDPRRequest}
	}, ruled: "nobody does it to themself"},
	{op: "user.restore", in: func(s *scene, _ *op.Caller) any { return fields{"User": s.archived(), "Reason": "A mistake."} }},
	{op: "user.erase", in: func(s *scene, _ *op.Caller) any { return fields{"User": s.archived()} }, ruled: "it is not time, and only the eraser begins it"},
	{op: "user.cleanse", in: func(s *scene, _ *op.Caller) any { return fields{"User": s.customer()} }, ruled: "only a restored backup does it"},
	{op: "privacy.show", in: func(s *scene, _ *op.Caller) any { return s.archived() }},
	{op: "privacy.state", in: nothing},
	{op: "privacy.look_at_clock", in: func(*scene, *op.Caller) any { return fields{"Process": "a test", "Steady": int64(0)} }},
	{op: "privacy.due", in: nothing},
	{op: "privacy.doom", in: func(s *scene, _ *op.Caller) any { return fields{"User": s.archived()} }},

	{op: "installation.backup", in: func(*scene, *op.Caller) any { return fields{"File": "desk.backup"} }, ruled: "it is done at the machine's command line"},
	{op: "installation.restore", in: func(*scene, *op.Caller) any { return fields{"Backup": "abc"} }, ruled: "it is done at the machine's command line"},

	{op: "role.list", in: nothing},
	{op: "permission.list", in: nothing},
	{op: "grant.list", what: "a colleague's", in: func(s *scene, _ *op.Caller) any { return s.colleague(access.Support) }},
	{op: "access.check", in: ask},
	{op: "access.explain", in: ask},
	{op: "job.show", what: "one that there is not", in: func(*scene, *op.Caller) any { return "job_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB" }, ruled: "there is no such job"},
	{op: "job.cancel", what: "one that there is not", in: func(*scene, *op.Caller) any { return "job_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB" }, ruled: "there is no such job"},
}
