package customer

import (
	"strings"
	"unicode/utf8"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// Who is what a sender says about a customer. At least one of User, ExternalID, Email and Phone is needed.
//
// Whom it means is decided in this order, and the first that is given decides:
//
//  1. User: Steward's own id. It must be a customer of the brand.
//  2. ExternalID: the id under which this source knows the customer. It is known: that customer, whatever else is said; a
//     profile is not rewritten by an order.
//  3. ExternalID that is not known, with the Email of an account: the sender states that both are one person. It is believed,
//     and the id linked to the account, when the account has no id of this source yet (a source has one id for a customer, so
//     another id is another customer) and the address is confirmed or nobody ever used the account (else whoever signs up with
//     somebody's address would be given that person's history). Otherwise the record is rejected with a sentence, because
//     neither a second account with the address nor a silent merge would be right.
//  4. Email alone: the account with this address. That is all the sender says of them, so there is nothing to merge.
//  5. Phone alone: the customer whom this source named by that number before. Numbers are shared in families, so an account that
//     has the number is not taken for them.
//
// Whoever is not found is created. An address that a ban keeps out makes no account that its owner could enter: who is known by an
// external id is created without it, and who has nothing else is rejected.
type Who struct {
	User       user.ID `json:"id,omitzero"`
	ExternalID string  `json:"external_id,omitzero"`
	Email      string  `json:"email,omitzero"`
	Phone      string  `json:"phone,omitzero"`
	Name       string  `json:"name,omitzero"`
	Country    string  `json:"country,omitzero"`
}

// Arrival is a Who with what else is known when they must be created.
type Arrival struct {
	Who
	PlacedAt int64 // of a paid order with which they come; 0 for none

	// The rest is for Ingest, which knows more than an order does.
	FirstName, LastName string
	RegisteredAt        int64
	EmailVerified       bool
	Location            brand.LocationID
	Imported            Imported
}

// Found is the answer to an Arrival: a number, or why there is none.
type Found struct {
	Num     int64
	Created bool
	Err     error
}

// What a record can be rejected for.
var (
	ErrNobody       = errs.New(errs.Invalid, "customer_missing", "The customer is missing: give an external id, an e-mail address or a telephone number.")
	ErrUnknownID    = errs.New(errs.Invalid, "customer_unknown", "This brand has no customer with that id.")
	ErrOtherID      = errs.New(errs.Conflict, "external_id_conflict", "The e-mail address belongs to a customer who has another external id.")
	ErrNotConfirmed = errs.New(errs.Conflict, "email_not_confirmed", "The e-mail address belongs to an account whose owner has not confirmed it yet.")
	ErrExternalID   = errs.New(errs.Invalid, "external_id_unreadable", "An external id has 1 to 255 characters and no control characters.")
)

// EnsureAll finds the customers that a batch means, or creates them (see Who for the rule): a few queries for all of them, and one
// answer for each, in order. The caller has locked the brand. Rejected ones change nothing.
func EnsureAll(tx *op.Tx, b *brand.Brand, source string, all []Arrival) ([]Found, error) {
	d := &desk{
		tx: tx, brand: b, source: source, found: make([]Found, len(all)),
		byExternal: map[string]int64{}, byEmail: map[string]*holder{}, byUser: map[user.ID]int64{}, newcomers: map[int64]*newcomer{},
	}
	keys := make([]key, len(all))
	for i := range all {
		keys[i], d.found[i].Err = keyOf(&all[i])
	}
	if err := d.look(keys, d.found); err != nil {
		return nil, err
	}
	for i := range all {
		if d.found[i].Err == nil {
			d.found[i] = d.decide(keys[i], &all[i])
		}
	}
	return d.found, d.create()
}

// key is what identifies an arrival, in comparable forms.
type key struct {
	user     user.ID
	external string
	email    text.Email
	phone    string // as typed
}

// phoneID makes the external id of somebody who is known by a telephone number only.
func phoneID(norm string) string { return "tel:" + norm }

func keyOf(a *Arrival) (k key, err error) {
	k.user, k.external = a.User, strings.TrimSpace(a.ExternalID)
	if err := CheckExternalID(k.external); err != nil {
		return k, err
	}
	if strings.TrimSpace(a.Email) != "" {
		if k.email, err = text.ParseEmail(a.Email); err != nil {
			return k, err
		}
	}
	phone, err := text.NormPhone(a.Phone)
	if err != nil {
		return k, err
	}
	k.phone = strings.TrimSpace(a.Phone)
	if k.user == "" && k.external == "" && k.email.Key == "" {
		if phone == "" {
			return k, ErrNobody
		}
		k.external = phoneID(phone)
	}
	if a.Name != "" && a.FirstName == "" && a.LastName == "" {
		a.FirstName, a.LastName = splitName(a.Name)
	}
	for _, name := range []*string{&a.FirstName, &a.LastName, &a.Country} {
		if *name, err = text.CleanName(*name); err != nil {
			return k, err
		}
	}
	return k, nil
}

// CheckExternalID refuses what is no id that a sender could mean.
func CheckExternalID(s string) error {
	if len(s) > 255 || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return ErrExternalID
	}
	return nil
}

// splitName takes the last word for the last name.
func splitName(s string) (first, last string) {
	s = strings.TrimSpace(s)
	if i := strings.LastIndexByte(s, ' '); i > 0 {
		return strings.TrimSpace(s[:i]), s[i+1:]
	}
	return s, ""
}

// desk decides for one batch who is who.
type desk struct {
	tx         *op.Tx
	brand      *brand.Brand
	source     string
	found      []Found
	byExternal map[string]int64
	byEmail    map[string]*holder
	byUser     map[user.ID]int64
	barred     map[string]bool     // addresses that a ban keeps out
	newcomers  map[int64]*newcomer // by a provisional number below zero
	order      []*newcomer
	links      []external
	profiles   []int64 // accounts that become customers
}

// holder is an account that has an e-mail address.
type holder struct {
	num       int64
	customer  bool
	confirmed bool   // or never used
	external  string // its id of this source
}

// newcomer is somebody to be created.
type newcomer struct {
	num int64
	key key
	*Arrival
}

// look reads all that the decisions need.
func (d *desk) look(keys []key, found []Found) error {
	users, externals, emails := map[user.ID]bool{}, map[string]bool{}, map[string]bool{}
	for i, k := range keys {
		switch {
		case found[i].Err != nil:
		case k.user != "":
			users[k.user] = true
		default:
			if k.external != "" {
				externals[k.external] = true
			}
			if k.email.Key != "" {
				emails[k.email.Key] = true
			}
		}
	}
	err := each(d.tx, "select u.id, u.num from users u join customers c on c.user_num = u.num where u.brand_id = $1 and u.id", sorted(users), "", func(row store.Row) error {
		var id user.ID
		var num int64
		err := row.Scan(&id, &num)
		d.byUser[id] = num
		return err
	}, string(d.brand.ID))
	if err != nil {
		return err
	}
	err = each(d.tx, "select external_id, user_num from external_ids where brand_id = $1 and source = $2 and external_id", sorted(externals), "", func(row store.Row) error {
		var id string
		var num int64
		err := row.Scan(&id, &num)
		d.byExternal[id] = num
		return err
	}, string(d.brand.ID), d.source)
	if err != nil {
		return err
	}
	err = each(d.tx, `select u.email_norm, u.num, p.kinds, u.email_verified_at, u.email_attested_at, u.last_seen_at,
		coalesce((select min(x.external_id) from external_ids x where x.user_num = u.num and x.source = $1), '')
		from users u join people p on p.num = u.num where u.brand_id = $2 and u.email_norm`, sorted(emails), "", func(row store.Row) error {
		var email string
		var kinds user.Kinds
		var verified, attested, seen int64
		h := &holder{}
		err := row.Scan(&email, &h.num, &kinds, &verified, &attested, &seen, &h.external)
		h.customer = kinds&user.IsCustomer != 0
		h.confirmed = verified != 0 && attested == 0 || seen == 0
		d.byEmail[email] = h
		return err
	}, d.source, string(d.brand.ID))
	if err != nil {
		return err
	}
	d.barred, err = user.BarredOf(d.tx, d.brand.ID, sorted(emails)) // after who has them: a ban comes before its address is set free
	return err
}

// decide says whom one arrival means, and remembers what that means for those after it.
func (d *desk) decide(k key, a *Arrival) Found {
	if k.user != "" {
		if num, known := d.byUser[k.user]; known {
			return Found{Num: num}
		}
		return Found{Err: ErrUnknownID}
	}
	if num, known := d.byExternal[k.external]; known {
		if n := d.newcomers[num]; n != nil && a.PlacedAt != 0 && (n.PlacedAt == 0 || a.PlacedAt < n.PlacedAt) {
			n.PlacedAt = a.PlacedAt
		}
		return Found{Num: num}
	}
	h := d.byEmail[k.email.Key]
	if h == nil && d.barred[k.email.Key] {
		if k.external == "" {
			return Found{Err: user.ErrBarred}
		}
		k.email = text.Email{}
	}
	switch {
	case h == nil || k.email.Key == "":
		return Found{Num: d.welcome(k, a), Created: true}
	case k.external == "":
	case h.external != "":
		return Found{Err: ErrOtherID.Say("The e-mail address belongs to a customer whose id at %s is %s, not %s. Correct one of them, or leave the address out.", d.source, h.external, k.external)}
	case !h.confirmed:
		return Found{Err: ErrNotConfirmed.Say("The e-mail address belongs to an account whose owner has not confirmed it yet, so nothing is linked to it. Send the record again once it is confirmed, or without the address.")}
	default:
		h.external = k.external
		d.byExternal[k.external] = h.num
		d.links = append(d.links, external{d.brand.ID, d.source, k.external, h.num})
	}
	if !h.customer {
		h.customer = true
		d.profiles = append(d.profiles, h.num)
	}
	if n := d.newcomers[h.num]; n != nil && a.PlacedAt != 0 && (n.PlacedAt == 0 || a.PlacedAt < n.PlacedAt) {
		n.PlacedAt = a.PlacedAt
	}
	return Found{Num: h.num}
}

// welcome notes somebody to be created, under a provisional number.
func (d *desk) welcome(k key, a *Arrival) int64 {
	copied := *a // each keeps the earliest order of its own
	n := &newcomer{num: -int64(len(d.order)) - 1, key: k, Arrival: &copied}
	d.order = append(d.order, n)
	d.newcomers[n.num] = n
	if k.external != "" {
		d.byExternal[k.external] = n.num
	}
	if k.email.Key != "" {
		d.byEmail[k.email.Key] = &holder{num: n.num, customer: true, confirmed: true, external: k.external}
	}
	return n.num
}

// create writes the newcomers, the links and the new profiles, and puts real numbers in place of the provisional ones.
func (d *desk) create() error {
	if len(d.order) == 0 && len(d.links) == 0 && len(d.profiles) == 0 {
		return nil
	}
	first, err := int64(0), error(nil)
	if len(d.order) > 0 {
		if first, err = brand.NextNumbers(d.tx, d.brand, "users", int64(len(d.order))); err != nil {
			return err
		}
	}
	number := func(num int64) int64 {
		if num < 0 {
			return first - num - 1
		}
		return num
	}
	for i := range d.found {
		d.found[i].Num = number(d.found[i].Num)
	}
	for i := range d.links {
		d.links[i].Num = number(d.links[i].Num)
	}
	if err := d.insert(number); err != nil {
		return err
	}
	if err := Externals.Put(d.tx, d.links...); err != nil {
		return err
	}
	if err := d.enrol(); err != nil {
		return err
	}
	return d.index()
}
