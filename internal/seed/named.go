package seed

import (
	"time"

	"github.com/stewardhq/steward/internal/user"
)

// regular is a named customer: somebody to find, with a reason to be looked at.
type regular struct {
	key, first, last, email, phone, born, address, country string

	hub      string // set on the profile
	near     string // where they buy
	orders   int
	favours  int
	spending int
	imported int64
	oldID    string
	days     int // since they registered
	gone     bool
	doubtful bool // the e-mail address is not confirmed
}

// Regulars are the first customers of each brand of every made world that has customers.
var regulars = map[string][]regular{
	"aurora": {
		// Kim, who has York, sees these; Hana, who has Leeds and Hull, does not.
		{key: "maya", first: "Maya", last: "Whitaker", email: "maya.whitaker@example.com", phone: "07700 900123", born: "1984-03-09", address: "14 Bishopthorpe Road\nYork YO23 1NX", hub: "York", orders: 74, spending: 260, days: 1100},
		{key: "himari", first: "陽葵", last: "佐藤", email: "himari.sato@example.org", address: "2 Clifford Street\nYork YO1 9RG", near: "York", orders: 6, favours: 4, spending: 80, days: 300},
		{key: "tariq", first: "Tariq", last: "Hussain", email: "tariq.hussain@example.com", phone: "07700 900456", hub: "York", days: 12, doubtful: true},
		{key: "jose", first: "José Ángel", last: "Muñoz", email: "jose.munoz@example.com", phone: "07700 900187", born: "1991-11-30", address: "Flat 3, 88 Otley Road\nLeeds LS6 2AL", hub: "Leeds", orders: 9, favours: 1, spending: 90, imported: 50000, oldID: "4711", days: 900},
		{key: "siobhan", first: "Siobhán", last: "O’Neill", email: "siobhan.oneill@example.net", phone: "+353 20 912 3456", address: "7 Harbour View\nCork T12 X8N4", country: "IE", near: "Hull", orders: 3, favours: 2, spending: 70, days: 400},
		{key: "edwin", first: "Edwin", last: "Marsh", email: "edwin.marsh@example.com", born: "1958-01-21", hub: "Leeds", orders: 11, favours: 6, spending: 80, days: 1000, gone: true},
		{key: "agnieszka", first: "Agnieszka", last: "Wójcik", email: "agnieszka.wojcik@example.com", phone: "07700 900311", hub: "Hull", orders: 21, favours: 5, spending: 150, imported: 12550, oldID: "4802", days: 1200},
		{key: "nameless", near: "Leeds", orders: 2, spending: 70, days: 200}, // known by an external id only
	},
	"meridian": {
		{key: "walt", first: "Walter", last: "Brennan-Ortiz", email: "walt.brennan@example.com", phone: "(212) 555-0142", born: "1979-07-04", address: "410 Atlantic Avenue, Apt 4B\nBrooklyn, NY 11217", hub: "Brooklyn", orders: 38, spending: 200, days: 1100},
		{key: "anasofia", first: "Ana Sofía", last: "Herrera", email: "ana.herrera@example.com", phone: "(212) 555-0177", hub: "Boston", orders: 8, favours: 3, spending: 90, imported: 50000, oldID: "990", days: 800},
		{key: "june", first: "June", last: "Abernathy", email: "june.abernathy@example.org", hub: "Philadelphia", days: 30, doubtful: true},
		{key: "wei", first: "伟", last: "王", email: "wei.wang@example.com", near: "Boston", orders: 5, favours: 7, spending: 80, days: 350},
	},
}

// named makes a named customer, as number i of the brand.
func (b *builder) named(i int) *Customer {
	r := regulars[b.slug][i]
	d := roll(b.slug+"/named", i)
	c := b.person(i)
	c.quiet = quietDays
	c.Key, c.FirstName, c.LastName, c.Email, c.Phone, c.Born, c.Address = r.key, r.first, r.last, r.email, r.phone, r.born, r.address
	c.Country = map[string]string{"aurora": "GB", "meridian": "US"}[b.slug]
	if r.country != "" {
		c.Country = r.country
	}
	c.Hub, c.near, c.orders, c.favours, c.spending, c.Imported, c.OldID = r.hub, r.near, r.orders, r.favours, r.spending, r.imported, r.oldID
	if c.near == "" {
		c.near = c.Hub
	}
	c.Status, c.StatusSince = user.Active, time.Time{}
	c.EmailVerified, c.PhoneVerified = r.email != "" && !r.doubtful, r.phone != "" && !r.doubtful
	c.Registered = b.clock(d, r.days)
	c.LastSeen = b.clock(d, 1+d.n(min(r.days, 9)))
	if r.gone {
		c.Status, c.StatusSince = user.Deactivated, b.clock(d, 40)
		c.LastSeen = b.clock(d, 45)
	}
	if r.email == "" {
		c.LastSeen = time.Time{}
	}
	return c
}
