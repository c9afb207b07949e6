package seed

import (
	"strconv"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/user"
)

// Source is the shop system whose ids the made customers and orders have; Before is the one that some of them came from.
const (
	Source   = "webshop"
	Before   = "oldshop"
	Imported = "previous platform"
)

// Customer is a made customer.
type Customer struct {
	Key    string // of named ones: maya
	Number int    // within the brand, from 0

	FirstName, LastName, Email, Phone, Born, Address, Country string

	External      string // id at Source
	OldID         string // id at Before; empty for most
	Hub           string // home location set on the profile; empty: the first order decides
	Status        user.Status
	StatusSince   time.Time
	EmailVerified bool
	PhoneVerified bool
	Registered    time.Time
	LastSeen      time.Time
	Imported      int64 // minor units

	near     string // the location they go to
	orders   int    // how many to make
	quiet    int    // days without an order up to the last
	favours  int    // index of the category they like best
	spending int    // hundredths: how much more than others they put into a basket
}

// oldest is how many days ago the first customers registered.
const oldest = 1300

func externalID(i int) string { return strconv.Itoa(100_000 + i) }

// person makes customer number i of a brand.
func (b *builder) person(i int) *Customer {
	d := roll(b.slug+"/person", i)
	lives := &countries[d.weighted(living[b.slug])]
	from := lives.code
	if d.of1000(220) {
		from = one(d, newcomers)
	}
	o := origins()[from]
	first, family := one(d, o.men), one(d, o.family)
	if d.of1000(560) {
		first = one(d, o.women)
	}
	c := &Customer{
		Number: i, FirstName: first.latin, LastName: family.latin, Country: lives.code, Status: user.Active,
		External: externalID(i), favours: d.n(len(b.shop.categories)), spending: 60 + d.n(50),
	}
	if d.of1000(120) { // writes the own name in the own script
		c.FirstName, c.LastName = first.local, family.local
	}
	switch d.n(20) {
	case 0:
		c.Email = address(first.latin) + strconv.Itoa(i) + "@example.org"
	case 1:
		c.Email = strings.ToUpper(first.latin[:1]) + address(family.latin) + strconv.Itoa(i) + "@example.net"
	default:
		c.Email = address(first.latin) + "." + address(family.latin) + strconv.Itoa(i) + "@" + one(d, []string{"example.com", "example.com", "example.net", "mail.example", "post.example"})
	}
	if lives.phone != "" && d.of1000(620) {
		c.Phone, c.PhoneVerified = write(d, lives.phone), d.of1000(450)
	}
	if d.of1000(480) {
		c.Born = time.Date(1946+d.n(60), time.Month(1+d.n(12)), 1+d.n(28), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	}
	if d.of1000(780) {
		c.Address = lives.address(d)
	}
	c.EmailVerified = d.of1000(830)
	days := d.n(oldest)
	if d.of1000(400) { // the shop grows: twice as many a day of late as long ago
		days = min(days, d.n(oldest))
	}
	c.Registered = b.clock(d, 1+days)
	c.near = b.hubs[d.weighted(b.shop.home)]
	if d.of1000(400) {
		c.Hub = c.near
	}
	b.past(d, c)
	return c
}

// past decides how a customer came to be who they are: how much they buy, whether they came from elsewhere, whether they left.
func (b *builder) past(d *dice, c *Customer) {
	if !d.of1000(190) {
		c.orders = b.buys(d, b.days(c.Registered))
		if d.of1000(30) {
			c.spending *= 4
		}
	}
	c.LastSeen = b.since(d, c.Registered)
	if d.of1000(180) {
		c.LastSeen = time.Time{}
	}
	if b.day.Sub(c.Registered) > 500*24*time.Hour && d.of1000(220) { // was a customer of the system before
		c.OldID = strconv.Itoa(4_000_000 + c.Number*7)
		if d.of1000(600) {
			c.Imported = int64(d.between(8, 900)) * 125
		}
	}
	if d.of1000(22) {
		c.Status, c.StatusSince = user.Deactivated, b.since(d, c.Registered)
		if c.LastSeen.After(c.StatusSince) {
			c.LastSeen = c.StatusSince
		}
	}
}

// buys says how many orders somebody has made who has been here for so many days: the longer, the more, and nobody one a day. New
// customers have bought once, or nothing yet.
func (b *builder) buys(d *dice, days int) int {
	within := float64(min(days, historyDays)) / historyDays
	n := b.mean * (0.15 + 0.48*within) * d.pareto()
	most := 1 + float64(historyDays/6)*within*max(1, b.mean/OrdersEach)
	return int(min(n, most) + d.part())
}

// days is how many whole days have gone by since then.
func (b *builder) days(then time.Time) int { return int(b.last.Sub(then) / (24 * time.Hour)) }

// since is a moment between then and the last one of the history.
func (b *builder) since(d *dice, then time.Time) time.Time {
	at := b.clock(d, 1+int(float64(b.days(then))*d.part()*d.part())) // rather lately
	if at.Before(then) {
		return then
	}
	return at
}

// clock is a moment of waking hours so many days before the day the world is made: at least one, so that it has been already.
func (b *builder) clock(d *dice, ago int) time.Time {
	at := b.day.AddDate(0, 0, -max(ago, 1)).Add(time.Duration(7*60+d.n(8*60)+d.n(8*60))*time.Minute + time.Duration(d.n(60))*time.Second)
	if at.After(b.last) { // where it is yesterday still
		at = at.Add(-12 * time.Hour)
	}
	return at
}
