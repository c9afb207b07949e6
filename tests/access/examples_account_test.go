package access

import (
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// accountExamples are the rows of people's accounts: invitations, their life, their roles.
var accountExamples = []example{
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
}
