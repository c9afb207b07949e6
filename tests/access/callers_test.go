package access

import (
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// column is a kind of caller.
type column struct {
	head string // of the golden table
	who  string // for the table's legend
	make func(s *scene) *op.Caller
	// proof says what becomes of a step-up that is asked for: left, late, swapped or given.
	proof string
}

var columns = []column{
	{head: "nobody", who: "somebody who has not signed in", make: func(*scene) *op.Caller {
		return op.Nobody("203.0.113.9", "curl/8", "req_nobody")
	}},
	{head: "none", who: "signed in at Aurora Goods, without any role", make: func(s *scene) *op.Caller { return s.without() }},
	{head: "super", who: "Ada, Super Admin, before her step-up", make: as("ada")},
	{head: "+late", who: "Ada with the code of a step-up that is six minutes old", make: as("ada"), proof: "late"},
	{head: "+other", who: "Ada with a code that was mailed for other values", make: as("ada"), proof: "swapped"},
	{head: "+code", who: "Ada with the code that was mailed for just this: the rightful one", make: as("ada"), proof: "given"},
	{head: "admin", who: "Inês, Admin of Aurora Goods", make: as("ines")},
	{head: "brand", who: "Bruno, Brand Admin of Aurora Goods", make: as("bruno")},
	{head: "york", who: "Kim, Hub Admin of York, where the examples lie", make: as("kim")},
	{head: "leeds", who: "Hana, Hub Admin of Leeds and Hull: narrowed to other locations", make: as("hana")},
	{head: "shop", who: "Olu, Shop Manager", make: as("olu")},
	{head: "market", who: "Elif, Marketing", make: as("elif")},
	{head: "moder", who: "Mira, Moderator", make: as("mira")},
	{head: "supp", who: "Jóhanna, Support", make: as("johanna")},
	{head: "dev", who: "Dev, Developer", make: as("dev")},
	{head: "read", who: "Rosa, Read-only", make: as("rosa")},
	{head: "next", who: "Priya, Brand Admin of Meridian Supply: the brand next door", make: as("priya")},
	{head: "like", who: "Brand Admin of brands whose ids begin like Aurora's, and Hub Admin of a location whose id begins like York's", make: func(s *scene) *op.Caller {
		c := s.without()
		id, york := string(s.aurora), string(s.york)
		c.Home = access.Brand(id + "x")
		c.Grants = access.Resolve(
			access.Grant{ID: "grt_longer", Role: access.BrandAdmin, Scope: access.Brand(id + "x")},
			access.Grant{ID: "grt_shorter", Role: access.BrandAdmin, Scope: access.Brand(id[:len(id)-1])},
			access.Grant{ID: "grt_hub", Role: access.HubAdmin, Scope: access.Brand(id + "x").Location(york)},
		)
		return c
	}},
	{head: "key", who: "an API key of Bruno's that may look at the customers of York", make: func(s *scene) *op.Caller {
		return s.key("bruno", access.Of(access.CustomersView), s.aurora.Scope().Location(string(s.york)))
	}},
	{head: "key*", who: "an API key of Bruno's with everything that he holds, without his code", make: func(s *scene) *op.Caller {
		return s.key("bruno", access.BrandAdmin.Set, s.aurora.Scope())
	}},
	{head: "system", who: "a part of Steward that needs no permission", make: func(*scene) *op.Caller { return op.SystemActor("idle") }},
	{head: "host", who: "the operator at the machine's own command line", make: func(*scene) *op.Caller { return op.HostOperator("test") }},
}

func as(who string) func(s *scene) *op.Caller {
	return func(s *scene) *op.Caller { return s.w.As(who) }
}

// key is what an API key of somebody's is to the door.
func (s *scene) key(of string, may access.Set, at access.Scope) *op.Caller {
	owner := s.w.As(of)
	return &op.Caller{
		Kind: op.Key, ID: "key_of_" + of + "_" + at.String(), Person: owner.Person, Home: owner.Home, Grants: owner.Grants.Only(may, at),
		IP: owner.IP, Agent: "shop/1.0", Request: "req_key",
	}
}
