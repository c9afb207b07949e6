package customer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Category is how many lines of paid orders, and how much spend, a customer has in one category.
type Category struct {
	Num   int64  `db:"user_num,key"`
	Name  string `db:"category,key"`
	Lines int64  `db:"lines"`
	Spend int64  `db:"spend"`
}

// Categories is where they are.
var Categories = op.Derived[Category]("customer_categories")

// byFavour sorts by most lines, then spend, then name.
func byFavour(a, b Category) int {
	switch {
	case a.Lines != b.Lines:
		return int(min(max(b.Lines-a.Lines, -1), 1))
	case a.Spend != b.Spend:
		return int(min(max(b.Spend-a.Spend, -1), 1))
	}
	return strings.Compare(a.Name, b.Name)
}

// favour works out the favourite among all categories of the customer, and its share of the lines that have one.
func (s *Stats) favour(all []Category) {
	s.Favourite, s.FavouriteShare = "", 0
	var best Category
	var lines int64
	for _, c := range all {
		if c.Lines <= 0 {
			continue
		}
		lines += c.Lines
		if best.Lines == 0 || byFavour(c, best) < 0 {
			best = c
		}
	}
	if lines > 0 {
		s.Favourite, s.FavouriteShare = best.Name, (best.Lines*10_000+lines/2)/lines
	}
}

// category is the key of a difference.
type category struct {
	num  int64
	name string
}

// Tally is a difference in lines and spend.
type Tally struct{ Lines, Spend int64 }

// saveCategories moves the categories by the differences of the batch, and with them the favourites.
func (b *Book) saveCategories(tx *op.Tx) error {
	nums := map[int64]bool{}
	for key, d := range b.tallies {
		if *d != (Tally{}) {
			nums[key.num] = true
		}
	}
	for num := range b.accounts {
		if b.recount {
			nums[num] = true
		}
	}
	if len(nums) == 0 {
		return nil
	}
	all := map[int64][]Category{}
	err := each(tx, "select "+Categories.Select("c")+" from customer_categories c where c.user_num", sorted(nums), "", func(row store.Row) error {
		c, err := Categories.Scan(row)
		all[c.Num] = append(all[c.Num], c)
		return err
	})
	if err != nil {
		return fmt.Errorf("read the categories of a batch: %w", err)
	}
	if b.recount {
		b.differ(all)
	}
	var put, gone []Category
	for key, d := range b.tallies {
		if *d == (Tally{}) {
			continue
		}
		i := slices.IndexFunc(all[key.num], func(c Category) bool { return c.Name == key.name })
		if i < 0 {
			all[key.num] = append(all[key.num], Category{Num: key.num, Name: key.name})
			i = len(all[key.num]) - 1
		}
		c := &all[key.num][i]
		c.Lines, c.Spend = c.Lines+d.Lines, c.Spend+d.Spend
		if c.Lines <= 0 {
			gone = append(gone, *c)
		} else {
			put = append(put, *c)
		}
	}
	for _, num := range sorted(nums) {
		b.accounts[num].favour(all[num])
	}
	order := func(x, y Category) int {
		return cmp.Or(int(min(max(x.Num-y.Num, -1), 1)), strings.Compare(x.Name, y.Name))
	}
	slices.SortFunc(put, order)
	slices.SortFunc(gone, order)
	for _, c := range gone {
		if _, err := Categories.Clear(tx, "where user_num = $1 and category = $2", c.Num, c.Name); err != nil {
			return err
		}
	}
	return Categories.Put(tx, put...)
}

// differ turns whole counts into differences from what stands.
func (b *Book) differ(all map[int64][]Category) {
	for _, categories := range all {
		for _, c := range categories {
			key := category{c.Num, c.Name}
			d := b.tallies[key]
			if d == nil {
				d = &Tally{}
				b.tallies[key] = d
			}
			d.Lines -= c.Lines
			d.Spend -= c.Spend
		}
	}
}
