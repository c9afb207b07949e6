// Package seed makes worlds: the named people of the demo, who are the named people of the tests too, and as many customers with
// a believable history as are asked for. Everything goes through the door, as the operator at the machine. The same call makes
// the same world, relative to its day.
package seed

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/invite"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// Staff is a member of staff of a made world.
type Staff struct {
	Key       string // how tests call them: ada, kim
	FirstName string
	LastName  string
	Role      *access.Role
	Brand     string   // slug, or platform
	At        []string // names of locations; none is all
	Sees      string   // what the demo's sign-in page says of them
	Password  string

	TOTPSecret string // of their authenticator app

	ID    user.ID
	Email string
}

// Place is a brand of a made world.
type Place struct {
	New       brand.New
	Locations [][2]string // name, city

	ID  brand.ID
	Hub map[string]brand.LocationID
}

// Places are the brands of every made world.
func Places() []*Place {
	return []*Place{
		{
			New:       brand.New{Slug: "aurora", Name: "Aurora Goods", Currency: "GBP", Zone: "Europe/London"},
			Locations: [][2]string{{"Leeds", "Leeds"}, {"York", "York"}, {"Hull", "Hull"}},
		},
		{
			New:       brand.New{Slug: "meridian", Name: "Meridian Supply", Currency: "USD", Zone: "America/New_York"},
			Locations: [][2]string{{"Brooklyn", "New York"}, {"Boston", "Boston"}, {"Philadelphia", "Philadelphia"}},
		},
	}
}

// People are the staff of every made world: somebody for each built-in role, and for each kind of place that a role can hold at.
func People() []*Staff {
	return []*Staff{
		{Key: "ada", FirstName: "Ada", LastName: "Okafor", Role: access.SuperAdmin, Brand: "platform", Sees: "everything, in both brands"},
		{Key: "marcus", FirstName: "Marcus", LastName: "Webb", Role: access.SuperAdmin, Brand: "platform", Sees: "everything; the second keeper of the keys"},
		{Key: "ines", FirstName: "Ines", LastName: "Carvalho", Role: access.Admin, Brand: "aurora", Sees: "all of Aurora Goods but its audit log"},
		{Key: "bruno", FirstName: "Bruno", LastName: "Keller", Role: access.BrandAdmin, Brand: "aurora", Sees: "all of Aurora Goods, with its audit log"},
		{Key: "kim", FirstName: "Kim", LastName: "Nguyen", Role: access.HubAdmin, Brand: "aurora", At: []string{"York"}, Sees: "the customers of York, and only those"},
		{Key: "hana", FirstName: "Hana", LastName: "Kobayashi", Role: access.HubAdmin, Brand: "aurora", At: []string{"Leeds", "Hull"}, Sees: "the customers of Leeds and Hull"},
		{Key: "olu", FirstName: "Oluwaseun", LastName: "Adeyemi", Role: access.ShopManager, Brand: "aurora", Sees: "people and orders, but no spend totals"},
		{Key: "elif", FirstName: "Elif", LastName: "Yıldız", Role: access.Marketing, Brand: "aurora", Sees: "customers without their money"},
		{Key: "mira", FirstName: "Mira", LastName: "Petrović", Role: access.Moderator, Brand: "aurora", Sees: "very little here: pages and media"},
		{Key: "johanna", FirstName: "Jóhanna", LastName: "Stefánsdóttir", Role: access.Support, Brand: "aurora", Sees: "customers, to help them"},
		{Key: "dev", FirstName: "Dev", LastName: "Patel", Role: access.Developer, Brand: "aurora", Sees: "API keys, and everything else read-only without financials"},
		{Key: "rosa", FirstName: "Rosa", LastName: "van der Merwe", Role: access.ReadOnly, Brand: "aurora", Sees: "everything with its figures, and changes nothing"},
		{Key: "priya", FirstName: "Priya", LastName: "Raman", Role: access.BrandAdmin, Brand: "meridian", Sees: "all of Meridian Supply, nothing of Aurora Goods"},
		{Key: "tom", FirstName: "Tom", LastName: "Whitfield", Role: access.ShopManager, Brand: "meridian", At: []string{"Brooklyn"}, Sees: "people and orders of Brooklyn"},
		{Key: "sara", FirstName: "Sara", LastName: "Lindqvist", Role: access.HubAdmin, Brand: "meridian", At: []string{"Boston"}, Sees: "the customers of Boston"},
	}
}

// World is a made world with its people in it.
type World struct {
	Places []*Place
	Staff  []*Staff
}

// Place gives a brand by its slug.
func (w *World) Place(slug string) *Place {
	for _, p := range w.Places {
		if p.New.Slug == slug {
			return p
		}
	}
	panic("seed: no brand " + slug)
}

// Named makes brands, locations and staff, as far as they are not there yet. hash gives the hash of a password, so that tests can have cheap ones.
func Named(ctx context.Context, d *auth.Desk, hash func(password string) (string, error)) (*World, error) {
	return named(ctx, d, hash, func(int) {}, nil)
}

// named makes them in their order. ago sets the clock to so many days ago; hired follows on each who is there.
func named(ctx context.Context, d *auth.Desk, hash func(string) (string, error), ago func(days int), hired func(*Staff) error) (*World, error) {
	w := &World{Places: Places(), Staff: People()}
	operator := op.HostOperator("seed")
	ago(oldest + 10)
	for _, p := range w.Places {
		if err := p.make(ctx, d.Door, operator); err != nil {
			return nil, fmt.Errorf("make %s: %w", p.New.Name, err)
		}
	}
	for i, s := range w.Staff {
		ago(historyDays + 30 - 41*i)
		err := w.hire(ctx, d, operator, s, hash)
		if err == nil {
			_, err = op.Do(ctx, d.Door, operator, auth.GiveApp, auth.GivenApp{User: s.ID, Secret: s.TOTPSecret})
		}
		if err == nil && hired != nil {
			err = hired(s)
		}
		if err != nil {
			return nil, fmt.Errorf("make %s %s: %w", s.FirstName, s.LastName, err)
		}
	}
	return w, nil
}

// make makes a brand with its locations, as far as they are not there.
func (p *Place) make(ctx context.Context, door *op.Door, operator *op.Caller) (err error) {
	found, err := brand.FindBySlug(door.Store().Read(ctx), p.New.Slug)
	switch {
	case err == nil:
		p.ID = found.ID
	case missing(err):
		if p.ID, err = op.Do(ctx, door, operator, brand.Create, p.New); err != nil {
			return err
		}
	default:
		return err
	}
	places, err := brand.LocationsOf(door.Store().Read(ctx), p.ID)
	if err != nil {
		return err
	}
	p.Hub = map[string]brand.LocationID{}
	for _, l := range places {
		p.Hub[l.Name] = l.ID
	}
	for _, l := range p.Locations {
		if p.Hub[l[0]] != "" {
			continue
		}
		p.Hub[l[0]], err = op.Do(ctx, door, operator, brand.AddLocation, brand.NewLocation{Brand: p.ID, Name: l[0], City: l[1]})
		if err != nil {
			return err
		}
	}
	return nil
}

func missing(err error) bool {
	return errors.Is(err, errs.ErrNotFound) || errors.Is(err, store.ErrNoRows)
}

// hire makes a member of staff, who accepts at once. Who was begun and has no password yet is given a new link.
func (w *World) hire(ctx context.Context, d *auth.Desk, operator *op.Caller, s *Staff, hash func(string) (string, error)) error {
	s.Email = s.Key + "@" + s.Brand + ".example"
	s.Password, s.TOTPSecret = s.Passphrase(), s.Secret()
	home := brand.Platform
	if s.Brand != "platform" {
		home = w.Place(s.Brand).ID
	}
	r := d.Door.Store().Read(ctx)
	var added account.Added
	found, err := user.FindByEmail(r, home, s.Email)
	switch {
	case missing(err):
		added, err = w.add(ctx, d, operator, s)
	case err == nil:
		s.ID = found.ID
		n, known := store.Value[int64](r.QueryRow("select count(*) from credentials where user_id = $1 and password_hash <> ''", string(s.ID)))
		if known != nil || n > 0 {
			return known
		}
		added, err = again(ctx, d, operator, found)
	}
	if err != nil {
		return err
	}
	s.ID = added.User
	h, err := hash(s.Password)
	if err != nil {
		return err
	}
	if added.Invitation != "" {
		_, err = account.AcceptHashed(ctx, d.Door, operator, account.Acceptance{Token: added.Token, Hash: h})
		return err
	}
	_, err = d.SetHashByLink(ctx, operator, added.Token, h)
	return err
}

// again makes another link for somebody who has no password yet.
func again(ctx context.Context, d *auth.Desk, operator *op.Caller, u *user.User) (added account.Added, err error) {
	i, err := invite.OpenFor(d.Door.Store().Read(ctx), u.ID)
	if missing(err) {
		return op.Do(ctx, d.Door, operator, account.NewPasswordLink, u.Email)
	}
	if err != nil {
		return added, err
	}
	sent, err := op.Do(ctx, d.Door, operator, invite.Resend, invite.Again{Invitation: i.ID, Show: true})
	return account.Added{User: u.ID, Invitation: i.ID, Token: sent.Token}, err
}

func (w *World) add(ctx context.Context, d *auth.Desk, operator *op.Caller, s *Staff) (account.Added, error) {
	if s.Brand == "platform" {
		return op.Do(ctx, d.Door, operator, account.CreateAdmin, account.NewAdmin{Email: s.Email, FirstName: s.FirstName, LastName: s.LastName})
	}
	p := w.Place(s.Brand)
	at := account.Place{Brand: p.ID}
	for _, name := range s.At {
		at.Locations = append(at.Locations, p.Hub[name])
	}
	return op.Do(ctx, d.Door, operator, account.Add, account.NewStaff{Email: s.Email, FirstName: s.FirstName, LastName: s.LastName, Assignment: account.Assignment{Role: s.Role.Key, Places: []account.Place{at}}})
}

// Passphrase is the person's password in every made world: long, easy to type, and different for everybody.
func (s *Staff) Passphrase() string {
	first := []string{"copper", "willow", "harbour", "lantern", "meadow", "saffron", "quarry", "thimble"}
	second := []string{"kettles", "otters", "ladders", "violins", "pebbles", "sparrows", "teacups"}
	i := slices.IndexFunc(People(), func(p *Staff) bool { return p.Key == s.Key })
	return fmt.Sprintf("%s %s drift by %d", first[i%len(first)], second[i%len(second)], 31+7*i)
}

// Secret is what the person's authenticator app knows, in every made world.
func (s *Staff) Secret() string {
	sum := sha256.Sum256([]byte("steward made world, authenticator app of " + s.Key))
	return base32.StdEncoding.EncodeToString(sum[:20])
}
