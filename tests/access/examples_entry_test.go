package access

import (
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/security"
	"github.com/stewardhq/steward/internal/user"
)

// entryExamples are the rows of what lets people in: rules, brands, sessions, mail, signing in, one's own account.
var entryExamples = []example{
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
}
