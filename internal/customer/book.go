package customer

import (
	"fmt"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Book holds the statistics of the customers of one batch: read once, moved by differences, written once.
//
//	book, err := customer.Open(tx, b, nums)
//	book.Of(num).AddOrder(…)
//	err = book.Save(tx)
//
// The rows are locked in the order of their numbers, and of one customer the user first, as everybody else does who changes
// them: so nobody waits in a circle.
type Book struct {
	brand      *brand.Brand
	thresholds Thresholds
	today      time.Time
	accounts   map[int64]*Account
	tallies    map[category]*Tally
	recount    bool // tallies are whole counts, not differences
	corrected  int
}

// Account is one customer's statistics while they change.
type Account struct {
	Stats
	book    *Book
	before  Stats
	profile Profile // as far as statistics need it
	listed  int64   // registered, as it stands
	home    int64   // number of the location set on the profile; 0: the first order decides
	ends    bool    // an order that could have been the first or the last is gone, or another is as early
}

const openSQL = `c.user_id, c.location_id, c.by_order, c.imported, c.imported_at, c.created_at, p.registered_at, coalesce(l.num, 0)
	from users u join people p on p.num = u.num join customers c on c.user_num = u.num left join locations l on l.id = c.location_id where u.num`

// Open reads the rows of these customers for update.
func Open(tx *op.Tx, b *brand.Brand, nums []int64) (*Book, error) {
	book := &Book{
		brand: b, today: tx.Now().In(b.Location()),
		accounts: make(map[int64]*Account, len(nums)), tallies: map[category]*Tally{},
	}
	set := make(map[int64]bool, len(nums))
	for _, n := range nums {
		set[n] = true
	}
	lock := ""
	if tx.Dialect() == store.PostgreSQL {
		lock = "for update of u, p, c"
	}
	err := each(tx, "select "+Statistics.Select("p")+", "+openSQL, sorted(set), "order by u.num "+lock, func(row store.Row) error {
		a := &Account{book: book}
		p := &a.profile
		dest := append(Statistics.Dest(&a.Stats), &p.User, &p.Location, &p.ByOrder, &p.Imported, &p.ImportedAt, &p.CreatedAt, &a.listed, &a.home)
		if err := row.Scan(dest...); err != nil {
			return err
		}
		p.Num, a.before = a.Num, a.Stats
		book.accounts[a.Num] = a
		return nil
	})
	if err == nil && len(book.accounts) != len(set) {
		err = fmt.Errorf("%d of %d customers have no statistics row", len(set)-len(book.accounts), len(set))
	}
	if err != nil {
		return nil, fmt.Errorf("open the statistics of a batch: %w", err)
	}
	s, _, err := LoadSettings(tx, b.ID) // with the rows locked: who changes thresholds now comes by these customers once more
	book.thresholds = s.Thresholds(b.Currency)
	return book, err
}

// Of is the account of a customer that was opened.
func (b *Book) Of(num int64) *Account { return b.accounts[num] }

// Recount forgets all that was counted: the caller counts every paid order and every refund of these customers once more.
func (b *Book) Recount() {
	b.recount = true
	for _, a := range b.accounts {
		a.Stats = Stats{Num: a.Num, Brand: a.Num >> 40, Imported: a.profile.Imported}
		a.settle(0)
	}
}

// Corrected is how many statistics rows Save found to be other than counted.
func (b *Book) Corrected() int { return b.corrected }

// Counted is a paid order as statistics see it.
type Counted struct {
	PlacedAt   int64
	Total      int64
	Profit     int64
	Location   int64 // number of the location, 0 for none
	Categories map[string]Tally
}

// AddOrder counts a paid order.
func (a *Account) AddOrder(o Counted) {
	if a.Orders == 0 {
		a.FirstOrderAt, a.LastOrderAt = o.PlacedAt, o.PlacedAt
		a.settle(o.Location)
	}
	switch {
	case o.PlacedAt < a.FirstOrderAt:
		a.FirstOrderAt = o.PlacedAt
		a.settle(o.Location)
	case o.PlacedAt == a.FirstOrderAt && a.Orders > 0:
		a.ends = true // which of the two is the first decides the home location
	}
	a.LastOrderAt = max(a.LastOrderAt, o.PlacedAt)
	a.Orders++
	a.Gross += o.Total
	a.Profit += o.Profit
	a.tally(o.Categories, 1)
}

// RemoveOrder takes back a paid order that AddOrder counted.
func (a *Account) RemoveOrder(o Counted) {
	if o.PlacedAt <= a.FirstOrderAt || o.PlacedAt >= a.LastOrderAt {
		a.ends = true
	}
	a.Orders--
	a.Gross -= o.Total
	a.Profit -= o.Profit
	a.tally(o.Categories, -1)
}

// AddRefund counts refunds; n is -1 to take one back.
func (a *Account) AddRefund(n, amount int64) {
	a.Refunds += n
	a.Refunded += n * amount
}

// settle gives the home location of the first order to who has none of their own.
func (a *Account) settle(location int64) {
	if a.home == 0 {
		a.Location = location
	} else {
		a.Location = a.home
	}
}

func (a *Account) tally(categories map[string]Tally, sign int64) {
	for name, t := range categories {
		key := category{a.Num, name}
		d := a.book.tallies[key]
		if d == nil {
			d = &Tally{}
			a.book.tallies[key] = d
		}
		d.Lines += sign * t.Lines
		d.Spend += sign * t.Spend
	}
}

// Save writes what changed. The orders of the batch have been written before.
func (b *Book) Save(tx *op.Tx) error {
	if err := b.settleEnds(tx); err != nil {
		return err
	}
	if err := b.saveCategories(tx); err != nil {
		return err
	}
	var changed []Stats
	for _, num := range b.nums() {
		a := b.accounts[num]
		a.sum()
		a.roll(a.profile.ImportedAt, b.today, b.thresholds)
		if a.Stats != a.before {
			changed = append(changed, a.Stats)
		}
	}
	b.corrected = len(changed)
	if err := Statistics.Put(tx, changed...); err != nil {
		return err
	}
	return b.register(tx)
}

func (b *Book) nums() []int64 {
	set := make(map[int64]bool, len(b.accounts))
	for num := range b.accounts {
		set[num] = true
	}
	return sorted(set)
}
