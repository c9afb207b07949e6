package directory

import (
	"strings"
	"unicode/utf8"

	"github.com/huandu/go-sqlbuilder"

	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/text"
)

// search is the words of a request. Every one must match somewhere: in the words that everybody who sees the person may search, in
// the words of contact if the viewer sees those, or as the number of one of their orders if the viewer sees purchases.
//
// A word of three letters and more matches anywhere in a word. Shorter ones do so beside a longer one; alone they match where a
// word begins, since anything else would find everybody.
type search struct {
	words   []string
	contact bool
	short   bool   // there are only words of one or two letters
	match   string // for the index of trigrams on SQLite; empty: it has nothing for these words
	orders  []ordered
}

// ordered are the customers of whose orders one has the number that a word says.
type ordered struct {
	word int
	nums []int64
}

func (s *search) given() bool { return len(s.words) > 0 }

// searchHits is how many customers an order number may lead to.
const searchHits = 50

func (r *run) readSearch() (err error) {
	s := &r.search
	if s.words, err = text.Words(r.req.Search); err != nil || !s.given() {
		return err
	}
	s.contact = r.fields.Has("email")
	s.short = true
	for _, w := range s.words {
		s.short = s.short && utf8.RuneCountInString(w) < 3
	}
	s.match = s.trigrams()
	if !r.req.Sort.Given {
		// Nobody asked for an order: newest first, which is the order of the index of words.
		r.req.Sort = field.Sort{Desc: true}
		r.order = &field.Order{Table: "people", Key: "num", Desc: true}
	}
	if r.reach.sees(r.View, purchases) {
		s.orders, err = r.orderNumbers()
	}
	return err
}

// trigrams is the words for FTS5: the trigrams of each, all of them asked for. Where there are only short words, those of two
// letters are looked up with the space before them: what is indexed begins with one.
func (s *search) trigrams() string {
	var parts []string
	for _, w := range s.words {
		runes := []rune(w)
		if s.short {
			runes = []rune(" " + w)
		}
		if len(runes) < 3 {
			continue
		}
		const most = 12 // of one word; LIKE looks at the rest
		for i := 0; i+3 <= len(runes) && i < most; i++ {
			parts = append(parts, `"`+strings.ReplaceAll(string(runes[i:i+3]), `"`, `""`)+`"`)
		}
	}
	return strings.Join(parts, " AND ")
}

// like is a word as a pattern.
func (s *search) like(word string) string {
	escaped := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(word)
	if s.short {
		return "% " + escaped + "%"
	}
	return "%" + escaped + "%"
}

// wordCondition says that a row of people_search, s, has the word.
func (s *search) wordCondition(b field.Builder, word string) string {
	column := func(name string) string { return "(' ' || s." + name + " || ' ')" } // as it is indexed
	pattern := b.Var(s.like(word))
	c := column("words") + " like " + pattern + ` escape '\'`
	if s.contact {
		c = "(" + c + " or " + column("contact") + " like " + pattern + ` escape '\')`
	}
	return c
}

// all says that a row of people_search has every word.
func (s *search) all(b field.Builder) string {
	parts := make([]string, len(s.words))
	for i, w := range s.words {
		parts[i] = s.wordCondition(b, w)
	}
	return strings.Join(parts, " and ")
}

// conditions are those of the words on p, for a walk or a scan that comes by people.
func (s *search) conditions(b field.Builder) []string {
	if !s.given() {
		return nil
	}
	return []string{"exists (select 1 from people_search s where s.num = p.num and " + s.all(b) + ")"}
}

// How a search finds its page.
var (
	// So many candidates of the index are sorted, where an order was asked for; where there are more, a walk along that order meets
	// enough of them.
	fewCandidates = 4000
	// A walk through the newest on PostgreSQL, whose index of trigrams cannot give its rows in an order.
	newestRows = 2000
)

// findWords finds the rows of a page of a search: those that have the words, merged with those that an order number leads to.
func (r *run) findWords(d direction) ([]hit, error) {
	hits, err := r.findIndexed(d)
	if err != nil || len(r.search.orders) == 0 {
		return hits, err
	}
	byOrder, err := r.findByOrder(d)
	if err != nil {
		return nil, err
	}
	return merge(hits, byOrder, d, r.order.Text), nil
}

func (r *run) findIndexed(d direction) ([]hit, error) {
	newest := r.order.Key == "num"
	indexed := r.search.match != "" || r.Dialect() == store.PostgreSQL
	switch {
	case !indexed:
		hits, cut, err := r.walk(d, walkRows)
		if err != nil || !cut {
			return hits, err
		}
		return r.scan(d)
	case newest && r.Dialect() == store.SQLite:
		return r.candidates(d)
	}
	if !newest {
		few, err := r.fewCandidates()
		if err != nil {
			return nil, err
		}
		if few {
			return r.candidates(d)
		}
	}
	bound := walkRows
	if newest {
		bound = newestRows
	}
	hits, cut, err := r.walk(d, bound)
	if err != nil || !cut {
		return hits, err
	}
	return r.candidates(d)
}

// indexedNums is a select of num: the people whom the index of trigrams suggests, in the numbers of the brand. On SQLite they come
// in the order of their numbers, and some have the trigrams but not the words; on PostgreSQL they are exact.
func (r *run) indexedNums() *sqlbuilder.SelectBuilder {
	b := builder()
	from, to := r.numbers()
	if r.Dialect() == store.PostgreSQL {
		return b.Select("s.num").From("people_search s").Where("s.num >= "+b.Var(from), "s.num < "+b.Var(to), r.search.all(b))
	}
	return b.Select("f.rowid as num").From("people_fts f").
		Where("f.people_fts match "+b.Var(r.search.match), "f.rowid >= "+b.Var(from), "f.rowid < "+b.Var(to))
}

func (r *run) fewCandidates() (bool, error) {
	b := builder()
	b.Select("count(*)").From(b.BuilderAs(r.indexedNums().Limit(fewCandidates+1), "few"))
	sql, args := b.Build()
	n, err := store.Value[int](r.QueryRow(sql, args...))
	return n <= fewCandidates, err
}

// candidates is the page by the index of trigrams.
func (r *run) candidates(d direction) ([]hit, error) {
	b, num := r.found()
	key := "p." + r.order.Key
	if r.order.Text {
		key = "u." + r.order.Key
	}
	if r.order.Key == "num" {
		key = num
	} else {
		num = "p.num"
	}
	b.Where(r.behind(b, d, key, num))
	return r.hits(b.Select("p.num", key+" as k").OrderBy(order(key, num, d)...).Limit(d.limit))
}

// found joins the candidates with the tables of the filters and checks the words. num is the column that they are ordered by.
func (r *run) found() (b *sqlbuilder.SelectBuilder, num string) {
	b = builder()
	wide := ""
	if r.order.Text {
		wide = " cross join users u"
		defer func() { b.Where("u.num = p.num") }()
	}
	from, to := r.numbers()
	if r.Dialect() == store.PostgreSQL {
		// offset 0 keeps the planner from walking the table backwards in the hope of an early page.
		b.From(b.BuilderAs(r.indexedNums().Offset(0), "f") + " cross join people p" + wide)
		num = "p.num"
		b.Where("p.num = f.num")
	} else {
		b.From("people_fts f cross join people_search s cross join people p" + wide)
		num = "f.rowid"
		b.Where("f.people_fts match "+b.Var(r.search.match), "f.rowid >= "+b.Var(from), "f.rowid < "+b.Var(to),
			"s.num = f.rowid", "p.num = f.rowid", r.search.all(b))
	}
	return b.Where(r.conditions(b)...), num
}

// orderNumbers finds whose order has a number that a word says, as typed or with a # before it.
func (r *run) orderNumbers() ([]ordered, error) {
	typed := strings.Fields(r.req.Search)
	b := builder()
	at := map[string]int{}
	var holes []string
	for _, t := range typed {
		number := strings.TrimPrefix(t, "#")
		for i, w := range r.search.words {
			if w == text.Fold(t) && number != "" {
				at[number] = i
				holes = append(holes, b.Var(number))
			}
		}
	}
	if len(holes) == 0 {
		return nil, nil
	}
	b.Select("external_id", "user_num").From("orders").Distinct().
		Where("brand_id = "+b.Var(string(r.home)), "external_id in ("+strings.Join(holes, ", ")+")").Limit(searchHits)
	sql, args := b.Build()
	byWord := map[int]*ordered{}
	_, err := store.All(r, func(row store.Row) (_ struct{}, err error) {
		var number string
		var num int64
		if err = row.Scan(&number, &num); err == nil {
			word := at[number]
			if byWord[word] == nil {
				byWord[word] = &ordered{word: word}
			}
			byWord[word].nums = append(byWord[word].nums, num)
		}
		return struct{}{}, err
	}, sql, args...)
	var all []ordered
	for i := range r.search.words {
		if o := byWord[i]; o != nil {
			all = append(all, *o)
		}
	}
	return all, err
}

// byOrder is the people whom an order number leads to, and who do not have all of the words themselves: those are found anyway.
func (r *run) byOrder() *sqlbuilder.SelectBuilder {
	b := builder()
	s := &r.search
	var every []int64
	nums := make([][]int64, len(s.words))
	for _, o := range s.orders {
		nums[o.word] = o.nums
		every = append(every, o.nums...)
	}
	from := "people p cross join people_search s"
	b.Where(field.AnyNum(b, "p.num", every), "s.num = p.num")
	if r.order.Text {
		from += " cross join users u"
		b.Where("u.num = p.num")
	}
	b.From(from)
	for i, w := range s.words {
		c := s.wordCondition(b, w)
		if nums[i] != nil {
			c = "(" + c + " or " + field.AnyNum(b, "p.num", nums[i]) + ")"
		}
		b.Where(c)
	}
	b.Where("not (" + s.all(b) + ")")
	return b.Where(r.conditions(b)...)
}

func (r *run) findByOrder(d direction) ([]hit, error) {
	b := r.byOrder()
	key := "p." + r.order.Key
	if r.order.Text {
		key = "u." + r.order.Key
	}
	b.Where(r.behind(b, d, key, "p.num"))
	return r.hits(b.Select("p.num", key+" as k").OrderBy(order(key, "p.num", d)...).Limit(d.limit))
}

// merge puts two lists of hits, both in order, into one.
func merge(a, b []hit, d direction, text bool) []hit {
	first := func(x, y hit) bool {
		if d.desc {
			x, y = y, x
		}
		switch {
		case text && x.text != y.text:
			return x.text < y.text
		case !text && x.key != y.key:
			return x.key < y.key
		}
		return x.num < y.num
	}
	merged := make([]hit, 0, d.limit)
	for len(merged) < d.limit && len(a)+len(b) > 0 {
		if len(b) == 0 || len(a) > 0 && first(a[0], b[0]) {
			merged, a = append(merged, a[0]), a[1:]
		} else {
			merged, b = append(merged, b[0]), b[1:]
		}
	}
	return merged
}
