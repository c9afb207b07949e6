package seed

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// Operations is what only the commands that make worlds have in their catalogue, and what only the operator may do, in a database
// that began empty as a made world.
var Operations = []op.Operation{begin, confirm, seen, fillIn, told, finish}

// Plan is what a world is made from. The same plan makes the same world.
type Plan struct {
	Day       string `json:"day"` // YYYY-MM-DD: the last day of its history
	Customers int    `json:"customers"`
	Orders    int    `json:"orders"` // about so many
}

// Mark is what a made world says of itself, in the database that it stands in.
type Mark struct {
	Edition int `json:"edition"` // of the generator
	Plan
	Done     map[string]int `json:"done"` // customers that are there, by brand
	Told     bool           `json:"told"` // what staff did lately has happened
	Finished bool           `json:"finished"`
}

// edition is counted up when the same plan no longer makes the same world.
const edition = 2

// Refusals.
var (
	ErrForeign  = errs.New(errs.Conflict, "not_a_made_world", "This database has something in it that was not made as a sample world, so nothing was changed. Name an empty folder or database.")
	ErrOther    = errs.New(errs.Conflict, "another_world", "This database is another sample world already. Name an empty folder or database.")
	ErrOperator = errs.New(errs.Forbidden, "operator_only", "Sample worlds are made at the command line of the machine, and nowhere else.")
)

type setting struct {
	Scope   string `db:"scope,key"`
	Name    string `db:"name,key"`
	Value   string `db:"value"`
	Version int64  `db:"version"`
}

var (
	marks    = op.Bookkeeping[setting]("settings")
	users    = op.Facts[user.User]("users")
	profiles = op.Facts[customer.Profile]("customers")
)

const markName = "made_world"

// FindMark reads what the database says of itself; store.ErrNoRows when it was not made here.
func FindMark(r store.Reader) (*Mark, error) {
	s, err := marks.One(r, "where scope = 'platform' and name = $1", markName)
	if err != nil {
		return nil, err
	}
	m := &Mark{}
	return m, json.Unmarshal([]byte(s.Value), m)
}

func (m *Mark) put(tx *op.Tx) error {
	value, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return marks.Put(tx, setting{"platform", markName, string(value), 1})
}

// begin marks an empty database as a world in the making, or reads the mark of one that was begun.
var begin = &op.Action[Plan, op.Place, Mark]{
	Name: "seed.begin", Summary: "Begin to make a sample world in an empty database", Allow: access.SystemConfigure,
	Target: func(*op.Tx, Plan) (op.Place, error) { return op.Installation, nil },
	Do: func(tx *op.Tx, _ op.Place, p Plan) (Mark, error) {
		if tx.Caller().Kind != op.Operator {
			return Mark{}, ErrOperator
		}
		m, err := FindMark(tx)
		switch {
		case err == nil && (m.Plan != p || m.Edition != edition):
			return Mark{}, ErrOther
		case err == nil:
			return *m, nil
		case !errors.Is(err, errs.ErrNotFound) && !errors.Is(err, store.ErrNoRows):
			return Mark{}, err
		}
		var some int64
		if err := tx.QueryRow("select (select count(*) from brands) + (select count(*) from users)").Scan(&some); err != nil {
			return Mark{}, err
		}
		if some > 0 {
			return Mark{}, ErrForeign
		}
		m = &Mark{Edition: edition, Plan: p, Done: map[string]int{}}
		tx.Note("made_world", p.Day)
		return *m, m.put(tx)
	},
}

// confirm notes that a member of staff has confirmed their address, as far as they have not.
var confirm = &op.Action[user.ID, *user.User, op.None]{
	Name: "seed.confirm", Summary: "Note that a member of a sample world's staff confirmed the e-mail address", Allow: access.SystemConfigure,
	Target: func(tx *op.Tx, u user.ID) (*user.User, error) { return user.Find(tx, u) },
	Do: func(tx *op.Tx, u *user.User, _ user.ID) (none op.None, err error) {
		if _, err := marked(tx); err != nil || u.EmailVerified != 0 {
			return none, err
		}
		u.EmailVerified = tx.Now().UnixMilli()
		return none, user.Save(tx, u)
	},
}

// seen notes that a member of staff was here.
var seen = &op.Upkeep[user.ID, op.None]{
	Name: "seed.seen", Summary: "Note that a member of a sample world's staff was here",
	Do: func(tx *op.Tx, u user.ID) (none op.None, err error) {
		if _, err := marked(tx); err != nil {
			return none, err
		}
		return none, user.Seen(tx, u)
	},
}

// told notes that what staff did lately has happened.
var told = &op.Action[op.None, op.Place, op.None]{
	Name: "seed.told", Summary: "Note that the staff of a sample world have worked", Allow: access.SystemConfigure,
	Target: func(*op.Tx, op.None) (op.Place, error) { return op.Installation, nil },
	Do: func(tx *op.Tx, _ op.Place, _ op.None) (none op.None, err error) {
		m, err := marked(tx)
		if err != nil || m.Told {
			return none, err
		}
		m.Told = true
		tx.Note("made_world", "told")
		return none, m.put(tx)
	},
}

// finish notes that the world is whole.
var finish = &op.Action[op.None, op.Place, op.None]{
	Name: "seed.finish", Summary: "Note that a sample world is whole", Allow: access.SystemConfigure,
	Target: func(*op.Tx, op.None) (op.Place, error) { return op.Installation, nil },
	Do: func(tx *op.Tx, _ op.Place, _ op.None) (none op.None, err error) {
		m, err := marked(tx)
		if err != nil || m.Finished {
			return none, err
		}
		m.Finished = true
		tx.Note("made_world", "finished")
		return none, m.put(tx)
	},
}

func marked(tx *op.Tx) (*Mark, error) {
	if tx.Caller().Kind != op.Operator {
		return nil, ErrOperator
	}
	m, err := FindMark(tx)
	if errors.Is(err, errs.ErrNotFound) || errors.Is(err, store.ErrNoRows) {
		err = ErrForeign
	}
	return m, err
}

// portion is some customers of a brand, in the order of their numbers, with what they bought.
type portion struct {
	Brand     brand.ID
	Slug      string
	From      int
	Customers []*Customer
	Records   []commerce.Record
}

// fillIn writes customers with all that an account of some years has, and their orders. It is told of as one event that counts them.
// A portion that is there already changes nothing. Large worlds have large portions: nobody else waits for the writer of a database
// that is being made.
var fillIn = &op.Action[portion, *brand.Brand, int]{
	Name: "seed.fill", Summary: "Put made customers into a sample world", Allow: access.FactsIngest,
	Target: func(tx *op.Tx, in portion) (*brand.Brand, error) { return brand.Find(tx, in.Brand) },
	Do: func(tx *op.Tx, b *brand.Brand, in portion) (int, error) {
		m, err := marked(tx)
		if err != nil {
			return 0, err
		}
		if m.Done[in.Slug] != in.From {
			return 0, nil
		}
		if err := insert(tx, b, in.Customers); err != nil {
			return 0, err
		}
		// Made orders are taken in as those of a shop are, statistics and all.
		for records := range slices.Chunk(in.Records, commerce.MaxBatch) {
			out, err := commerce.TakeIn(tx, b, commerce.Batch{Brand: b.ID, Source: Source, Records: records})
			if err != nil {
				return 0, err
			}
			for _, a := range out.Answers {
				if a.Outcome != customer.Created {
					return 0, fmt.Errorf("a made record was %s: %s", a.Outcome, a.Reason)
				}
			}
		}
		m.Done[in.Slug] = in.From + len(in.Customers)
		return len(in.Customers), m.put(tx)
	},
}

// narrow is a person's whole narrow row before their first order.
type narrow struct {
	Num           int64          `db:"num,key"`
	Brand         int64          `db:"brand_num"`
	Kinds         user.Kinds     `db:"kinds"`
	Status        int64          `db:"status"`
	EmailVerified bool           `db:"email_verified"`
	PhoneVerified bool           `db:"phone_verified"`
	RegisteredAt  int64          `db:"registered_at"`
	LastSeenAt    int64          `db:"last_seen_at"`
	Location      int64          `db:"location_num"`
	Tier          customer.Level `db:"tier"`
	TierUntil     int64          `db:"tier_until"`
	Imported      int64          `db:"imported"`
	Lifetime      int64          `db:"lifetime"`
}

var people = op.Derived[narrow]("people")

func insert(tx *op.Tx, b *brand.Brand, all []*Customer) error {
	places, err := brand.LocationsOf(tx, b.ID)
	if err != nil {
		return err
	}
	first, err := brand.NextNumbers(tx, b, "users", int64(len(all)))
	if err != nil {
		return err
	}
	w := &writer{now: tx.Now(), brand: b, places: map[string]*brand.Location{}}
	for i := range places {
		w.places[places[i].Name] = &places[i]
	}
	for i, c := range all {
		w.customer(first+int64(i), c)
	}
	if err := errors.Join(users.Put(tx, w.users...), profiles.Put(tx, w.profiles...), people.Put(tx, w.people...)); err != nil {
		return err
	}
	var ids []external
	known := make(map[int64][]string, len(all))
	for i, c := range all {
		num := w.users[i].Num
		if c.OldID != "" {
			ids, known[num] = append(ids, external{b.ID, Before, c.OldID, num}), append(known[num], c.OldID)
		}
		ids, known[num] = append(ids, external{b.ID, Source, c.External, num}), append(known[num], c.External)
	}
	if err := externals.Put(tx, ids...); err != nil {
		return err
	}
	return user.IndexAll(tx, w.users, known)
}

// external is an id elsewhere, as customer keeps it.
type external struct {
	Brand  brand.ID `db:"brand_id,key"`
	Source string   `db:"source,key"`
	ID     string   `db:"external_id,key"`
	Num    int64    `db:"user_num"`
}

var externals = op.Facts[external]("external_ids")

// writer turns made customers into rows.
type writer struct {
	now      time.Time
	brand    *brand.Brand
	places   map[string]*brand.Location
	users    []user.User
	profiles []customer.Profile
	people   []narrow
}

func (w *writer) customer(num int64, c *Customer) {
	now := w.now.UnixMilli()
	u := user.User{
		Num: num, ID: user.ID(id.New(id.User, w.now)), Brand: w.brand.ID, Version: 1, Status: c.Status, StatusSince: ms(c.StatusSince),
		FirstName: c.FirstName, LastName: c.LastName, Email: c.Email, Phone: c.Phone, Born: c.Born, Address: c.Address, Country: c.Country,
		RegisteredAt: ms(c.Registered), LastSeenAt: ms(c.LastSeen), CreatedAt: now, UpdatedAt: now, Kinds: user.IsCustomer,
	}
	u.NameSort = text.Fold(u.Name())
	if e, err := text.ParseEmail(c.Email); err == nil {
		u.Email, u.EmailNorm = e.Address, e.Key
	}
	if c.EmailVerified {
		u.EmailVerified = ms(c.Registered)
	}
	if c.PhoneVerified {
		u.PhoneVerified = ms(c.Registered)
	}
	p := customer.Profile{Num: num, User: u.ID, Brand: u.Brand, Version: 1, CreatedAt: now}
	n := narrow{
		Num: num, Brand: w.brand.Num, Kinds: user.IsCustomer, Status: u.Status.Num(), EmailVerified: u.EmailVerified != 0, PhoneVerified: u.PhoneVerified != 0,
		RegisteredAt: u.RegisteredAt, LastSeenAt: u.LastSeenAt,
	}
	if l := w.places[c.Hub]; l != nil {
		p.Location, n.Location = l.ID, l.Num
	}
	if c.Imported > 0 {
		p.Imported, p.ImportedFrom, p.ImportedAt = c.Imported, Imported, u.RegisteredAt
		n.Imported, n.Lifetime = c.Imported, c.Imported
		n.Tier, n.TierUntil = customer.Tier(c.Imported, p.ImportedAt, w.now.In(w.brand.Location()), customer.DefaultThresholds(w.brand.Currency))
	}
	w.users, w.profiles, w.people = append(w.users, u), append(w.profiles, p), append(w.people, n)
}

func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
