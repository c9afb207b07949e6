package access

import (
	"net/url"
	"time"

	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/security"
	"github.com/stewardhq/steward/internal/user"
)

// example is an operation with an input: a row of the table. An operation that means different things for different targets has
// several.
type example struct {
	op   string
	what string // what tells it from the operation's other examples
	// in makes the input. Everything in it lies in Aurora Goods, and at York where it has a location. It is made once and used
	// until it has been accepted; then it is made again, so that every caller meets the same thing.
	in func(s *scene, c *op.Caller) any
	// each makes it anew for every caller: what one does to oneself.
	each bool
	// ruled says that nobody can do it here, whatever they hold, and why.
	ruled string
}

// examples are the rows, in the order of app.Operations. Every operation of the catalogue needs at least one.
var examples = []example{
	{op: "security.show", in: nothing},
	{op: "security.keep_cost", in: func(*scene, *op.Caller) any {
		return fields{"Memory": uint32(19456), "Passes": uint32(2), "Lanes": uint8(1)}
	}},
	{op: "security.change", in: func(*scene, *op.Caller) any {
		p := security.Default()
		p.ArchiveDays = 20
		return security.Changed{Policy: p}
	}},
	{op: "security.adoption", in: nothing},
	{op: "security.alarm", in: nothing},
	{op: "security.watch_sign_ins", in: nothing},
	{op: "brand.create", in: func(s *scene, _ *op.Caller) any {
		n := s.next()
		return fields{"Slug": "brand-" + string(rune('a'+n%26)) + time.Unix(int64(n), 0).Format("150405"), "Name": s.name("Brand"), "Currency": "EUR", "Zone": "Europe/Berlin"}
	}},
	{op: "brand.edit", in: func(s *scene, _ *op.Caller) any { return fields{"Brand": s.aurora, "Name": s.name("Aurora Goods")} }},
	{op: "brand.edit", what: "currency", in: func(s *scene, _ *op.Caller) any {
		placed(s)
		return fields{"Brand": s.aurora, "Currency": "EUR"}
	}, ruled: "there are orders, so the currency is fixed"},
	{op: "location.create", in: func(s *scene, _ *op.Caller) any {
		return fields{"Brand": s.aurora, "Name": s.name("Location"), "City": "Ripon"}
	}},
	{op: "location.edit", in: func(s *scene, _ *op.Caller) any { return fields{"Location": s.york, "City": s.name("York")} }},
	{op: "brand.list", in: nothing},
	{op: "brand.show", in: func(s *scene, _ *op.Caller) any { return s.aurora }},

	{op: "session.revoke", what: "a colleague's", in: func(s *scene, _ *op.Caller) any {
		id, _ := s.session(s.colleague(access.Support))
		return id
	}},
	{op: "session.revoke", what: "one's own", each: true, in: func(s *scene, c *op.Caller) any {
		if c.Kind != op.Person || c.Person == string(s.nobody) {
			id, _ := s.session(s.colleague(access.Support))
			return id
		}
		id, _ := s.session(user.ID(c.Person))
		return id
	}},
	{op: "session.revoke_all", what: "a colleague's", in: func(s *scene, _ *op.Caller) any {
		id := s.colleague(access.Support)
		s.session(id)
		return id
	}},
	{op: "session.revoke_all", what: "one's own", each: true, in: self},
	{op: "session.list", what: "a colleague's", in: func(s *scene, _ *op.Caller) any { return s.colleague(access.Support) }},
	{op: "session.list", what: "one's own", each: true, in: self},
	{op: "session.touch", in: func(s *scene, _ *op.Caller) any {
		id, _ := s.session(s.colleague(access.Support))
		return id
	}},
	{op: "session.choose_brand", what: "in another's session", in: func(s *scene, _ *op.Caller) any {
		id, _ := s.session(s.colleague(access.Support))
		return fields{"Session": id, "Brand": s.meridian}
	}, ruled: "a session belongs to who has it"},

	{op: "mail.for_sending", in: mail},
	{op: "mail.mark", in: func(s *scene, c *op.Caller) any {
		return fields{"Mail": mail(s, c), "State": "failed", "Problem": "none"}
	}},
	{op: "mail.outbox", in: func(s *scene, _ *op.Caller) any { return fields{"Brand": string(s.aurora), "Limit": 5} }},
	{op: "mail.requeue", in: nothing},
	{op: "mail.latest", in: func(*scene, *op.Caller) any { return 5 }},

	{op: "auth.look_up", in: func(s *scene, _ *op.Caller) any {
		_, email := s.hire(access.Support)
		return fields{"Audience": "staff", "Email": email}
	}},
	{op: "auth.count_try", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.colleague(access.Support), "Attempts": security.Default().Password.Attempts}
	}},
	{op: "auth.sign_in", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.colleague(access.Support), "Audience": "staff", "Method": "password"}
	}},
	{op: "auth.sign_in", what: "without a role", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.nobody, "Audience": "staff", "Method": "password"}
	}, ruled: "who has no role has no desk"},
	{op: "auth.count_nobody", in: nothing},
	{op: "auth.standing", in: func(s *scene, _ *op.Caller) any { return s.colleague(access.Support) }},
	{op: "auth.change_password", in: func(*scene, *op.Caller) any {
		return fields{"Hash": "$argon2id$v=19$m=64,t=1,p=1$c2l4dGVlbiBieXRlcyBvaw$AAAA"}
	}},
	{op: "auth.renew_password", in: func(*scene, *op.Caller) any { return fields{"Ticket": "no ticket"} }, ruled: "there is no such ticket"},
	{op: "auth.forgot", in: func(s *scene, _ *op.Caller) any {
		_, email := s.hire(access.Support)
		return fields{"Audience": "staff", "Email": email}
	}},
	{op: "auth.note_failure", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.colleague(access.Support), "Outcome": "wrong_password", "Method": "password"}
	}},
	{op: "auth.resolve", each: true, in: func(s *scene, _ *op.Caller) any {
		_, token := s.session(s.colleague(access.Support))
		return token
	}},
	{op: "auth.look_up_link", each: true, in: func(s *scene, _ *op.Caller) any {
		return fields{"Token": s.invited().Token, "Purpose": "set_password"}
	}},
	{op: "auth.ask_passkey", in: func(*scene, *op.Caller) any {
		return fields{"Purpose": "sign_in", "Site": fields{"ID": "localhost", "Origin": "http://localhost"}}
	}},
	{op: "auth.try_passkey", in: func(*scene, *op.Caller) any {
		return fields{"Audience": "staff", "Token": "no question", "Answer": "{}"}
	}},
	{op: "auth.enrol_passkey", in: func(*scene, *op.Caller) any { return fields{"Ticket": "no ticket"} }, ruled: "there is no such ticket"},
	{op: "user.impersonate", what: "a customer", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.customer(), "Audience": "account", "Reason": "They asked on the phone"}
	}},
	{op: "user.impersonate", what: "staff", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.colleague(access.Support), "Audience": "account", "Reason": "Curious"}
	}, ruled: "nobody looks through the eyes of staff"},
	{op: "user.stop_impersonating", in: nothing},
	{op: "user.impersonations", in: func(s *scene, _ *op.Caller) any { return s.customer() }},
	{op: "user.end_impersonations", in: func(s *scene, _ *op.Caller) any { return s.customer() }},
	{op: "passkey.add", in: func(*scene, *op.Caller) any { return fields{"Token": "no question"} }, ruled: "there is no such question"},
	{op: "passkey.rename", in: func(*scene, *op.Caller) any { return fields{"Passkey": "psk_none", "Name": "Phone"} }, ruled: "there is no such passkey"},
	{op: "passkey.remove", in: func(*scene, *op.Caller) any { return "psk_none" }, ruled: "there is no such passkey"},
	{op: "passkey.list", in: nothing},
	{op: "auth.enrol_app", in: func(*scene, *op.Caller) any { return fields{"Ticket": "no ticket"} }, ruled: "there is no such ticket"},
	{op: "auth.unlock_second", in: func(*scene, *op.Caller) any { return fields{"Token": "none"} }, ruled: "there is no such link"},
	{op: "app.give", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.colleague(access.Support), "Secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}
	}},
	{op: "app.offer", in: nothing},
	{op: "app.show_offer", in: nothing},
	{op: "app.prove", in: func(*scene, *op.Caller) any { return "000000" }},
	{op: "app.add", in: func(*scene, *op.Caller) any { return fields{"Name": "Phone"} }, ruled: "no secret has been proved"},
	{op: "app.rename", in: func(*scene, *op.Caller) any { return fields{"App": "app_none", "Name": "Phone"} }, ruled: "there is no such app"},
	{op: "app.remove", in: func(*scene, *op.Caller) any { return "app_none" }, ruled: "there is no such app"},
	{op: "recovery.renew", in: nothing, ruled: "they have no second factor"},
	{op: "factor.list", in: nothing},
	{op: "auth.show_ticket", in: func(*scene, *op.Caller) any { return "no ticket" }, ruled: "there is no such ticket"},
	{op: "auth.try_second", in: func(*scene, *op.Caller) any {
		return fields{"Ticket": "no ticket", "Method": "totp", "Answer": "000000"}
	}, ruled: "there is no such ticket"},
	{op: "auth.set_password", each: true, in: func(*scene, *op.Caller) any { return fields{"Token": "none"} }, ruled: "there is no such link"},

	{op: "auth.confirm_email", each: true, in: func(*scene, *op.Caller) any { return fields{"Token": "none"} }, ruled: "there is no such link"},

	{op: "auth.send_code", in: func(s *scene, _ *op.Caller) any {
		return fields{"Audience": "account", "Brand": s.aurora, "Email": s.email()}
	}, each: true},
	{op: "auth.try_code", in: func(s *scene, _ *op.Caller) any {
		return fields{"Audience": "account", "Brand": s.aurora, "Browser": "no such browser", "Code": "00000000"}
	}},
	{op: "auth.unlock_codes", in: func(*scene, *op.Caller) any { return fields{"Token": "no such link"} }, ruled: "there is no such link"},
	{op: "storefront.vouch", in: func(s *scene, _ *op.Caller) any { return s.aurora }},
	{op: "brand.fronts", in: func(*scene, *op.Caller) any { return "aurora" }},
	{op: "company_user.create", in: func(s *scene, _ *op.Caller) any {
		return fields{"Brand": s.aurora, "Company": "cmp_example", "Role": "orderer", "Email": s.email(), "FirstName": "Some", "LastName": s.name("Buyer")}
	}},
	{op: "email.change", each: true, in: func(s *scene, _ *op.Caller) any { return fields{"Email": s.email()} }},
	{op: "email.withdraw", in: nothing, ruled: "no new address waits"},
	{op: "email.waiting", in: nothing},
	{op: "email.confirm", in: func(*scene, *op.Caller) any { return fields{"Token": "none"} }, ruled: "there is no such link"},
	{op: "email.look_up_revert", in: func(*scene, *op.Caller) any { return fields{"Token": "none"} }, ruled: "there is no such link"},
	{op: "email.revert", in: func(*scene, *op.Caller) any { return fields{"Token": "none"} }, ruled: "there is no such link"},
	{op: "deletion.ask", each: true, in: func(*scene, *op.Caller) any { return fields{"Reason": "I do not shop here any more"} }},
	{op: "deletion.withdraw", each: true, in: nothing},
	{op: "deletion.list", in: func(s *scene, _ *op.Caller) any { return fields{"Brand": s.aurora} }},
	{op: "deletion.mine", in: nothing},
	{op: "deletion.show", in: func(*scene, *op.Caller) any { return "drq_none" }, ruled: "there is no such request"},
	{op: "deletion.refuse", in: func(*scene, *op.Caller) any { return fields{"Request": "drq_none", "Reason": "An order is open"} }, ruled: "there is no such request"},
	{op: "consent.set", what: "of a customer", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.customer(), "Purpose": "email_marketing", "Given": true, "Reason": "Signed the form at the till"}
	}},
	{op: "consent.list", what: "of a customer", in: func(s *scene, _ *op.Caller) any { return fields{"User": s.customer()} }},
	{op: "consent.list", what: "one's own", each: true, in: func(s *scene, c *op.Caller) any { return fields{"User": self(s, c)} }},
	{op: "privacy_policy.show", in: func(s *scene, _ *op.Caller) any { return s.aurora }},
	{op: "privacy_policy.mine", in: nothing},
	{op: "privacy_policy.change", in: func(s *scene, _ *op.Caller) any {
		return fields{"Brand": s.aurora, "Version": s.name("2026"), "Text": "We keep your orders."}
	}},
	{op: "privacy_policy.accept", in: func(*scene, *op.Caller) any { return fields{"Version": "none"} }, ruled: "that is not the version"},
	{op: "registration.show", in: func(s *scene, _ *op.Caller) any { return s.aurora }},
	{op: "registration.change", in: func(s *scene, _ *op.Caller) any {
		return fields{"Brand": s.aurora, "Registration": fields{"Open": s.next()%2 == 0}}
	}},
	{op: "customer.sign_up", each: true, in: func(s *scene, _ *op.Caller) any {
		return fields{"Brand": s.aurora, "Email": s.email(), "FirstName": "Some", "LastName": s.name("Visitor")}
	}},
	{op: "customer.confirm", in: func(*scene, *op.Caller) any { return fields{"Token": "no such link"} }, ruled: "there is no such link"},

	{op: "user.add", what: "Support", in: newColleague("support", "")},
	{op: "user.add", what: "Hub Admin of York", in: newColleague("hub_admin", "York")},
	{op: "user.add", what: "Brand Admin", in: newColleague("brand_admin", "")},
	{op: "user.add", what: "Super Admin", in: func(s *scene, _ *op.Caller) any {
		return fields{"Email": s.email(), "FirstName": "New", "LastName": "Admin", "Role": "super_admin", "Places": []any{fields{"Brand": "platform"}}, "Send": true}
	}},
	{op: "user.add", what: "Super Admin, by a link that somebody else sees", in: func(s *scene, _ *op.Caller) any {
		return fields{"Email": s.email(), "FirstName": "New", "LastName": "Admin", "Role": "super_admin", "Places": []any{fields{"Brand": "platform"}}}
	}, ruled: "a Super Admin is never let in by a link that somebody else has seen"},
	{op: "invitation.create", what: "Support", in: func(s *scene, _ *op.Caller) any {
		return fields{"Email": s.email(), "Role": "support", "Places": []any{fields{"Brand": s.aurora}}, "Send": true}
	}},
	{op: "invitation.accept", each: true, in: func(s *scene, _ *op.Caller) any {
		return fields{"Token": s.invited().Token, "Hash": "$argon2id$v=19$m=64,t=1,p=1$c2l4dGVlbiBieXRlcyBvaw$AAAA"}
	}},
	{op: "invitation.revoke", in: func(s *scene, _ *op.Caller) any { return fields{"Invitation": s.invited().Invitation} }},
	{op: "invitation.look_up", in: func(s *scene, _ *op.Caller) any { return s.invited().Token }},
	{op: "invitation.refuse", each: true, in: func(s *scene, _ *op.Caller) any { return fields{"Token": s.invited().Token} }},
	{op: "invitation.resend", in: func(s *scene, _ *op.Caller) any { return fields{"Invitation": s.invited().Invitation} }},
	{op: "invitation.list", in: func(s *scene, _ *op.Caller) any { return fields{"Brand": s.aurora, "Limit": 50} }},
	{op: "invitation.total", in: func(s *scene, _ *op.Caller) any { return fields{"Brand": s.aurora} }},
	{op: "invitation.show", in: func(s *scene, _ *op.Caller) any { return s.invited().Invitation }},
	{op: "invitation.remind", in: func(s *scene, _ *op.Caller) any { return s.aurora }},
	{op: "user.edit", what: "phone of a customer", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.customer(), "Phone": "+44 20 7946 0958"}
	}},
	{op: "user.edit", what: "e-mail of a customer", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.customer(), "Email": s.email()}
	}},
	{op: "user.edit", what: "phone of a Support", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.colleague(access.Support), "Phone": "+44 20 7946 0958"}
	}},
	{op: "user.edit", what: "phone of a Brand Admin", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.colleague(access.BrandAdmin), "Phone": "+44 20 7946 0958"}
	}},
	{op: "user.edit", what: "phone of a Super Admin", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.w.Member("marcus").ID, "Phone": "+44 20 7946 " + time.Unix(int64(s.next()), 0).Format("0405")}
	}},
	{op: "user.edit", what: "one's own phone", each: true, in: func(s *scene, c *op.Caller) any {
		return fields{"User": self(s, c), "Phone": "+44 20 7946 " + time.Unix(int64(s.next()), 0).Format("0405")}
	}},
	{op: "user.edit", what: "one's own e-mail", each: true, in: func(s *scene, c *op.Caller) any {
		return fields{"User": self(s, c), "Email": s.email()}
	}, ruled: "nobody would check that the new address is one's own"},
	{op: "user.deactivate", what: "a customer", in: func(s *scene, _ *op.Caller) any { return fields{"User": s.customer()} }},
	{op: "user.deactivate", what: "a Support", in: func(s *scene, _ *op.Caller) any { return fields{"User": s.colleague(access.Support)} }},
	{op: "user.deactivate", what: "a Brand Admin", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.colleague(access.BrandAdmin)}
	}},
	{op: "user.deactivate", what: "oneself", each: true, in: func(s *scene, c *op.Caller) any { return fields{"User": self(s, c)} },
		ruled: "nobody does it to themself"},
	{op: "user.activate", in: func(s *scene, _ *op.Caller) any {
		id := s.customer()
		s.do("user.deactivate", fields{"User": id})
		return fields{"User": id}
	}},
	{op: "user.suspend", what: "a customer", in: func(s *scene, _ *op.Caller) any { return fields{"User": s.customer(), "Reason": "Payment dispute"} }},
	{op: "user.suspend", what: "a Support", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.colleague(access.Support), "Reason": "Payment dispute"}
	}},
	{op: "user.suspend", what: "a Brand Admin", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.colleague(access.BrandAdmin), "Reason": "Payment dispute"}
	}},
	{op: "user.suspend", what: "oneself", each: true, in: func(s *scene, c *op.Caller) any {
		return fields{"User": self(s, c), "Reason": "Payment dispute"}
	}, ruled: "nobody does it to themself"},
	{op: "user.reinstate", in: func(s *scene, _ *op.Caller) any {
		id := s.customer()
		s.do("user.suspend", fields{"User": id, "Reason": "Payment dispute"})
		return fields{"User": id}
	}},
	{op: "user.due_suspensions", in: nothing},
	{op: "user.lift_suspension", in: func(s *scene, _ *op.Caller) any { return fields{"User": s.customer()} }},
	{op: "user.ban", what: "a customer", in: func(s *scene, _ *op.Caller) any { return fields{"User": s.customer(), "Reason": "Abuse"} }},
	{op: "user.ban", what: "a Support", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.colleague(access.Support), "Reason": "Abuse"}
	}},
	{op: "user.unban", in: func(s *scene, _ *op.Caller) any {
		id := s.customer()
		s.do("user.ban", fields{"User": id, "Reason": "Abuse"})
		return fields{"User": id}
	}},
	{op: "user.verify_identity", what: "a customer's", in: func(s *scene, _ *op.Caller) any { return fields{"User": s.customer()} }},
	{op: "user.verify_identity", what: "a Support's", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.colleague(access.Support)}
	}},
	{op: "user.verify_identity", what: "one's own", each: true, in: func(s *scene, c *op.Caller) any { return fields{"User": self(s, c)} },
		ruled: "nobody does it to themself"},
	{op: "user.unverify_identity", in: func(s *scene, _ *op.Caller) any {
		id := s.customer()
		s.do("user.verify_identity", fields{"User": id})
		return fields{"User": id}
	}},
	{op: "user.verify_phone", in: func(s *scene, _ *op.Caller) any {
		id := s.customer()
		s.do("user.edit", fields{"User": id, "Phone": "+44 20 7946 0958"})
		return fields{"User": id, "Reason": "Called back"}
	}},
	{op: "user.unverify_phone", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.customer(), "Reason": "The number is dead"}
	}},
	{op: "user.send_confirmation", what: "to a customer", in: func(s *scene, _ *op.Caller) any { return fields{"User": s.customer()} }},
	{op: "user.send_confirmation", what: "to a Support", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.colleague(access.Support)}
	}},
	{op: "user.reset_password", what: "of a customer", in: func(s *scene, _ *op.Caller) any { return fields{"User": s.customer()} }},
	{op: "user.reset_password", what: "of a Support", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.colleague(access.Support)}
	}},
	{op: "user.reset_password", what: "of a Brand Admin", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.colleague(access.BrandAdmin)}
	}},
	{op: "user.delete", what: "a customer", in: func(s *scene, _ *op.Caller) any { return fields{"User": s.customer()} }},
	{op: "user.delete", what: "a Support", in: func(s *scene, _ *op.Caller) any { return fields{"User": s.colleague(access.Support)} }},
	{op: "user.delete", what: "oneself", each: true, in: func(s *scene, c *op.Caller) any { return fields{"User": self(s, c)} },
		ruled: "nobody does it to themself"},
	{op: "user.change_role", what: "Support to Moderator", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.colleague(access.Support), "Role": "moderator", "Places": []any{fields{"Brand": s.aurora}}}
	}},
	{op: "user.change_role", what: "back to customer", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.colleague(access.Support), "Role": "customer", "Places": []any{fields{"Brand": s.aurora}}}
	}},
	{op: "user.change_role", what: "one's own", each: true, in: func(s *scene, c *op.Caller) any {
		return fields{"User": self(s, c), "Role": "admin", "Places": []any{fields{"Brand": s.aurora}}}
	}, ruled: "nobody does it to themself"},
	{op: "user.prefer", each: true, in: func(*scene, *op.Caller) any { return fields{"Theme": "dark"} }},
	{op: "user.refresh_roles", in: nothing},
	{op: "setup.offer", in: nothing, ruled: "there is a Super Admin"},
	{op: "setup.claim", in: func(s *scene, _ *op.Caller) any {
		return fields{"Token": "none", "Email": s.email(), "FirstName": "First", "Hash": "none"}
	}, ruled: "there is a Super Admin"},
	{op: "admin.create", in: func(s *scene, _ *op.Caller) any {
		return fields{"Email": s.email(), "FirstName": "Break", "LastName": "Glass"}
	}},
	{op: "user.remind_second_factor", in: func(s *scene, _ *op.Caller) any {
		return fields{"User": s.colleague(access.Support)}
	}},
	{op: "user.reset_second_factor", in: func(s *scene, _ *op.Caller) any {
		id := s.colleague(access.Support)
		s.do("app.give", fields{"User": id, "Secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"})
		return fields{"User": id}
	}},
	{op: "admin.reset", in: func(s *scene, _ *op.Caller) any {
		_, email := s.hire(access.Support)
		return email
	}},
	{op: "staff.list", in: func(s *scene, _ *op.Caller) any { return s.aurora }},
	{op: "staff.givers", in: nothing},
	{op: "desk.open", what: "for settings.edit of the brand", in: func(s *scene, _ *op.Caller) any {
		return fields{"Any": []any{access.SettingsEdit}, "Brand": s.aurora}
	}},
	{op: "desk.open", what: "for staff_roles.assign to a Support", in: func(s *scene, _ *op.Caller) any {
		return fields{"Any": []any{access.StaffRolesAssign}, "User": s.colleague(access.Support), "NotSelf": true}
	}},
	{op: "desk.open", what: "for staff_roles.assign to oneself", each: true, in: func(s *scene, c *op.Caller) any {
		return fields{"Any": []any{access.StaffRolesAssign}, "User": self(s, c), "NotSelf": true}
	}, ruled: "nobody does it to themself"},

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

func nothing(*scene, *op.Caller) any { return nil }

func list(s *scene, _ *op.Caller) any { return fields{"Brand": s.aurora} }

// self is the caller's own account, or somebody's where the caller has none.
func self(s *scene, c *op.Caller) any {
	if c.Person == "" {
		return s.nobody
	}
	return user.ID(c.Person)
}

// begin is a file that nobody has imported yet.
func begin(s *scene, _ *op.Caller) any {
	return fields{"Brand": string(s.aurora), "Source": s.name("file"), "FileDigest": "f", "MappingDigest": "m", "Partitions": 2}
}

// ask is whether a colleague may refund orders at York.
func ask(s *scene, _ *op.Caller) any {
	return []any{fields{"User": string(s.colleague(access.Support)), "Permission": access.OrdersRefund, "Scope": s.aurora.Scope().Location(string(s.york))}}
}

// unhurried ends the exports that wait, so that there may be another.
func unhurried(s *scene) {
	going, err := store.All(s.w.Store.Read(s.t.Context()), func(r store.Row) (id string, err error) { return id, r.Scan(&id) },
		"select id from exports where state in ('waiting', 'running')")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, id := range going {
		s.do("export.end", fields{"Export": id, "State": "failed"})
	}
}

// exported is an export that a Super Admin asked for and nobody has made yet.
func exported(s *scene, _ *op.Caller) any {
	unhurried(s)
	s.w.Later(10 * time.Minute) // ten an hour
	id, err := op.Do(s.t.Context(), s.w.Door, s.w.As("marcus"), directory.ExportActivity,
		directory.ActivityExport{User: s.customer(), Kinds: []directory.LineKind{directory.LineSignIn}, Purpose: "support"})
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// mail is a mail to somebody at Aurora.
func mail(s *scene, _ *op.Caller) any {
	id := s.customer()
	s.do("user.deactivate", fields{"User": id})
	var m string
	if err := s.w.Store.Read(s.t.Context()).QueryRow("select id from mails where user_id = $1", string(id)).Scan(&m); err != nil {
		s.t.Fatal(err)
	}
	return m
}

// entry is an entry of Aurora's log.
func entry(s *scene, _ *op.Caller) any { return s.w.Events(string(s.aurora))[0].ID }

func about(s *scene, _ *op.Caller) any { return fields{"User": s.customer()} }

func newColleague(role, at string) func(s *scene, _ *op.Caller) any {
	return func(s *scene, _ *op.Caller) any {
		in := fields{"Email": s.email(), "FirstName": "New", "LastName": s.name("Colleague"), "Role": role, "Places": []any{fields{"Brand": s.aurora}}}
		if at != "" {
			in["Places"] = []any{fields{"Brand": s.aurora, "Locations": []any{s.w.Place("aurora").Hub[at]}}}
		}
		return in
	}
}

// key is an API key of a colleague's.
func key(s *scene) string {
	made := s.do("apikey.create", fields{
		"Name": s.name("Shop"), "Scope": s.aurora.Scope(), "Permissions": access.Of(access.CustomersView), "Owner": s.w.Member("dev").ID,
	})
	return fieldsOf(fieldsOf(made)["Key"])["ID"].(string)
}

func order(s *scene) any {
	return fields{
		"ExternalID": s.name("order"), "Customer": fields{"ExternalID": s.name("buyer")}, "Location": "York", "Status": "paid",
		"PlacedAt": s.w.Door.Now().Add(-time.Hour), "Total": money.Of(12_00, "GBP"),
	}
}

// placed is an order that is here.
func placed(s *scene) any {
	out := fieldsOf(s.do("order.put", fields{"Brand": s.aurora, "Source": "shop", "Order": order(s)}))
	return out["ID"]
}
