package directory_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/testdata"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

func shopper(n int64, first, last string) *soul {
	return &soul{num: 1<<40 | n, brand: 1, kinds: user.IsCustomer, status: user.Active, first: first, last: last, registered: n}
}

// found says whose rows a search finds, newest first.
func (d *desk) found(c *op.Caller, q string) []user.ID {
	d.t.Helper()
	return d.walk(c, customersView, directory.Ask{Brand: aurora, Params: url.Values{"q": {q}, "limit": {"100"}}})
}

func ids(souls ...*soul) (all []user.ID) {
	for _, s := range souls {
		all = append(all, s.id())
	}
	return all
}

func TestEveryWordMustMatchSomewhere(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		john := shopper(1, "John", "Smith")
		john.email, john.phone, john.external = "j.smith@post.example", "+44 7700 900142", "A-17850"
		joan := shopper(2, "Joan", "Smithson")
		joan.email, joan.phone = "joan@gmail.example", "020 7946 0018"
		jose := shopper(3, "José", "Müller-Łukasik")
		jose.email = "jm@gmail.example"
		odd := shopper(4, `100%`, `un_der \slash`)
		jo := shopper(5, "Jo", "O'Brien")
		li := shopper(6, "明", "李")
		gone := shopper(7, "John", "Smith")
		gone.status = user.Archived
		next := &soul{num: 2<<40 | 1, brand: 2, kinds: user.IsCustomer, status: user.Active, first: "John", last: "Smith"}
		d.fill(john, joan, jose, odd, jo, li, gone, next)
		for q, want := range map[string][]*soul{
			"john smith":           {john},
			"SMITH  John":          {john},
			"smi":                  {joan, john},
			"smi jo":               {joan, john},
			"smith gmail":          {joan},
			"smith post.example":   {john},
			"jose muller":          {jose},
			"José Łuka":            {jose},
			"lukasik":              {jose},
			"7700900142":           {john},
			"+447700900142":        {john},
			"900142 smith":         {john},
			"02079460018":          {joan},
			"a-17850":              {john},
			"17850":                {john},
			string(jose.id()):      {jose},
			"j.smith@post.example": {john},
			"jo":                   {jo, jose, joan, john},
			"j":                    {jo, jose, joan, john},
			"jo o'":                {jo},
			"o’brien":              {jo},
			"李":                    {li},
			"明 李":                  {li},
			"100%":                 {odd},
			"un_der":               {odd},
			"un%der":               nil,
			"der":                  {odd},
			`\slash`:               {odd},
			"%":                    nil,
			"%%%":                  nil,
			"___":                  nil,
			"smith garcia":         nil,
			`"smith"`:              nil,
			"smith* OR john":       nil,
		} {
			if got := d.found(owner, q); !slices.Equal(got, ids(want...)) {
				t.Errorf("%q found %v, want %v", q, got, ids(want...))
			}
		}
		if got := d.walk(owner, customersView, ask(aurora, "q=smith&sort=name")); !slices.Equal(got, ids(joan, john)) {
			t.Errorf("smith by name: %v", got)
		}
		if got := d.walk(owner, customersView, ask(aurora, "q=smith&status=archived")); !slices.Equal(got, ids(gone)) {
			t.Errorf("an archived smith: %v", got)
		}
	})
}

func TestAnOrderNumberLeadsToItsCustomerForWhoSeesPurchases(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		ada, ben := shopper(1, "Ada", "Okafor"), shopper(2, "Ben", "Achterberg")
		cam := shopper(3, "Camille", "10482")
		other := &soul{num: 2<<40 | 1, brand: 2, kinds: user.IsCustomer, status: user.Active, first: "Zoe"}
		d.fill(ada, ben, cam, other)
		order := func(num int64, b, number string, of *soul, source string) []any {
			return []any{num, "ord_" + source + text32(num), b, source, number, of.num, "paid", int64(1), int64(100), int64(1), "[]", "", int64(1), int64(1)}
		}
		d.raw.insert("orders", "num, id, brand_id, source, external_id, user_num, status, placed_at, total, line_count, lines, digest, created_at, updated_at",
			slices.Values([][]any{
				order(1, string(aurora), "10482", ada, "shop"), order(2, string(aurora), "10482", ben, "till"),
				order(3, string(meridian), "10482", other, "shop"), order(4, string(aurora), "C-7", ada, "shop"),
			}))
		for q, want := range map[string][]user.ID{
			"10482": ids(cam, ben, ada), "#10482": ids(ben, ada), "10482 okafor": ids(ada), "okafor #10482": ids(ada),
			"10482 C-7": ids(ada), "C-7": ids(ada), "10482 xylophone": nil, "1048": ids(cam), "10482 cam": ids(cam),
		} {
			if got := d.found(owner, q); !slices.Equal(got, want) {
				t.Errorf("%q found %v, want %v", q, got, want)
			}
		}
		if got := d.walk(owner, customersView, ask(aurora, "q=10482&sort=name&limit=1")); !slices.Equal(got, ids(ada, ben, cam)) {
			t.Errorf("by name: %v", got)
		}
		marketing := viewer("marketing", access.Brand(string(aurora)))
		if got := d.found(marketing, "10482"); !slices.Equal(got, ids(cam)) {
			t.Errorf("marketing, who sees no orders, found %v", got)
		}
	})
}

// names are the shared names, one person for each.
func names(t *testing.T, file string, column string) (all []string) {
	rows := csv.NewReader(bytes.NewReader(testdata.Read(t, file)))
	rows.FieldsPerRecord = -1
	head, err := rows.Read()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.Index(head, column)
	seen := map[string]bool{}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if name, err := text.CleanName(row[at]); err == nil && name != "" && !seen[name] {
			seen[name] = true
			all = append(all, name)
		}
	}
}

func TestEveryNameOfTheWorldIsFound(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		first, last := names(t, "names/common-forenames-by-country.csv", "Localized Name"), names(t, "names/common-surnames-by-country.csv", "Localized Name")
		var all []*soul
		for i, name := range last {
			all = append(all, shopper(int64(i+1), first[i%len(first)], name))
		}
		d.fill(all...)
		tried := 0
		for i, s := range all {
			if i%9 != 0 && utf8.RuneCountInString(s.last) > 2 {
				continue
			}
			tried++
			for _, q := range []string{s.last, strings.ToUpper(text.Fold(s.last)), s.last + " " + s.first} {
				if words, err := text.Words(q); err != nil || len(words) == 0 {
					continue
				}
				page, err := op.Ask(t.Context(), d.door, owner, directory.Customers, directory.Ask{Brand: aurora, Params: url.Values{"q": {q}, "limit": {"200"}}})
				if err != nil {
					t.Fatalf("%q: %v", q, err)
				}
				if !slices.ContainsFunc(page.Rows, func(p directory.Person) bool { return p.ID == s.id() }) && page.Next == "" {
					t.Errorf("%q does not find %s", q, s.name())
				}
			}
		}
		t.Logf("%d of %d names tried", tried, len(all))
	})
}

func TestNaughtyStringsAreSearchedLikeAnyOther(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		var naughty []string
		if err := json.Unmarshal(testdata.Read(t, "naughty-strings/blns.json"), &naughty); err != nil {
			t.Fatal(err)
		}
		var all []*soul
		for i, s := range naughty {
			name, err := text.CleanName(s)
			if err != nil {
				name = fmt.Sprint("refused ", i)
			}
			all = append(all, shopper(int64(i+1), name, ""))
		}
		d.fill(all...)
		for i, s := range naughty {
			in := directory.Ask{Brand: aurora, Params: url.Values{"q": {s}, "limit": {"200"}}}
			page, err := op.Ask(t.Context(), d.door, owner, directory.Customers, in)
			total, totalErr := op.Ask(t.Context(), d.door, owner, directory.CustomersTotal, in)
			if k := kindOf(err); k != 200 && k != 422 && !(k == 400 && !utf8.ValidString(s)) {
				t.Fatalf("%q: %v", s, err)
			}
			if err != nil {
				continue
			}
			if totalErr != nil || total < int64(len(page.Rows)) {
				t.Errorf("%q: total %d, %v, with %d rows on the first page", s, total, totalErr, len(page.Rows))
			}
			here := slices.ContainsFunc(page.Rows, func(p directory.Person) bool { return p.ID == all[i].id() })
			if all[i].first == strings.TrimSpace(s) && !here && page.Next == "" {
				t.Errorf("%q does not find the person of that name", s)
			}
		}
	})
}
