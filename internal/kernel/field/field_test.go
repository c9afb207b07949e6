package field_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/money"
)

// A jar stands for whatever is listed.
type jar struct {
	Name  string
	Price money.Amount
	Count int64
	Made  int64
	Full  bool
	Color string
}

var jars = &field.List[jar]{Name: "jars", Sort: "-made_at", Fields: []field.Field[jar]{
	{
		Key: "name", Label: "Name", Type: field.Text, See: []access.Permission{access.ProductsView}, Select: "j.name",
		Into: func(j *jar) []any { return []any{&j.Name} }, Value: func(j *jar) any { return j.Name }, Sort: &field.Order{Key: "name", Text: true},
		Where: "j.name",
	},
	{
		Key: "price", Label: "Price", Type: field.Money, See: []access.Permission{access.CustomersFinancials, access.ReportsRevenue}, Select: "j.price",
		Into: func(j *jar) []any { return []any{&j.Price.Minor} }, Value: func(j *jar) any { return j.Price }, Where: "j.price",
		Aliases: []string{"walletBalance"}, Sort: &field.Order{Key: "price", Desc: true},
		Bands: []field.Band{{Name: "0-50", Label: "under 50", To: 50, NoFrom: true}, {Name: "50+", Label: "50 and more", From: 50, NoTo: true}},
	},
	{
		Key: "count", Label: "Count", Type: field.Number, See: []access.Permission{access.ProductsView}, Select: "j.count",
		Into: func(j *jar) []any { return []any{&j.Count} }, Value: func(j *jar) any { return j.Count }, Where: "j.count",
	},
	{
		Key: "made_at", Label: "Made", Type: field.Time, See: []access.Permission{access.ProductsView}, Select: "j.made",
		Into: func(j *jar) []any { return []any{&j.Made} }, Value: func(j *jar) any { return j.Made }, Where: "j.made", Sort: &field.Order{Key: "made"},
	},
	{
		Key: "full", Label: "Full", Type: field.Flag, See: []access.Permission{access.ProductsView}, Select: "j.full",
		Into: func(j *jar) []any { return []any{&j.Full} }, Value: func(j *jar) any { return j.Full }, Where: "j.full",
	},
	{
		Key: "color", Label: "Colour", Type: field.Choice, See: []access.Permission{access.ProductsView}, Select: "j.color",
		Into: func(j *jar) []any { return []any{&j.Color} }, Value: func(j *jar) any { return j.Color }, Where: "j.color",
		Choices: []field.Option{{Value: "red", Label: "Red", Nums: []int64{1}}, {Value: "blue", Label: "Blue", Nums: []int64{2}, Aliases: []string{"azure"}}},
	},
}}

func everything([]access.Permission) bool { return true }

func noMoney(anyOf []access.Permission) bool { return slices.Contains(anyOf, access.ProductsView) }

var terms = field.Terms{Currency: money.GBP, Zone: zone("Europe/London"), Now: time.Date(2026, 11, 20, 9, 45, 0, 0, time.UTC)}

func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

func parse(t *testing.T, v *field.Visible[jar], query string, terms field.Terms) (*field.Request, error) {
	t.Helper()
	params, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return v.Parse(params, terms)
}

func TestADeclarationIsChecked(t *testing.T) {
	if err := jars.Check(); err != nil {
		t.Fatal(err)
	}
	broken := *jars
	broken.Fields = append(slices.Clone(jars.Fields), field.Field[jar]{Key: "q", Label: "Q", Type: field.Text})
	if broken.Check() == nil {
		t.Error("a field called q was let through")
	}
}

func TestWhatIsHiddenIsNowhere(t *testing.T) {
	v := jars.For(noMoney)
	row := jar{Name: "Plum", Price: money.Of(777, money.GBP), Made: 1}
	body, err := v.AppendJSON(nil, &row)
	if err != nil {
		t.Fatal(err)
	}
	if v.Has("price") || strings.Contains(v.Select(), "price") || bytes.Contains(body, []byte("777")) || len(v.Into(&row)) != 5 {
		t.Errorf("the price got out: %s, %s", v.Select(), body)
	}
	for _, query := range []string{"price[gte]=1", "sort=price", "sort=-walletBalance", "price[band]=50%2B", "price[gte]=nonsense"} {
		if _, err := parse(t, v, query, terms); !errors.Is(err, field.ErrForbidden) {
			t.Errorf("?%s: %v", query, err)
		}
	}
	if want := `{"name":"Plum","count":0,"made_at":"1970-01-01T00:00:00.001Z","full":false,"color":null}`; string(body) != want {
		t.Errorf("%s, want %s", body, want)
	}
	// Conditions that somebody else parsed are no way around it.
	full, err := parse(t, jars.For(everything), "price[gte]=1", terms)
	if err != nil {
		t.Fatal(err)
	}
	if c := v.Conditions(&holes{}, full); !slices.Equal(c, []string{"1 = 0"}) {
		t.Errorf("conditions %v", c)
	}
}

type holes struct{ args []any }

func (h *holes) Var(value any) string { h.args = append(h.args, value); return "?" }

func at(zone *time.Location, y int, m time.Month, d, hour int) int64 {
	return time.Date(y, m, d, hour, 0, 0, 0, zone).UnixMilli()
}

func TestDaysAreThoseOfTheBrand(t *testing.T) {
	london, cairo := zone("Europe/London"), zone("Africa/Cairo")
	for _, c := range []struct {
		query    string
		zone     *time.Location
		from, to int64
		noTo     bool
	}{
		{"made_at[gte]=2026-03-29", london, at(london, 2026, 3, 29, 0), 0, true},
		{"made_at[lte]=2026-03-29", london, 1, at(london, 2026, 3, 30, 0), false},
		{"made_at[lt]=2026-10-25", london, 1, at(london, 2026, 10, 25, 0), false},
		{"made_at[gt]=2026-10-25", london, at(london, 2026, 10, 26, 0), 0, true},
		{"made_at[gte]=2026-04-24", cairo, at(cairo, 2026, 4, 24, 1), 0, true}, // midnight is left out there that day
		{"made_at[gte]=2026-11-20T09:45:00Z", london, terms.Now.UnixMilli(), 0, true},
		{"made_at[lt]=2026-11-20T10:45:00%2B01:00", london, 1, terms.Now.UnixMilli(), false},
		{"made_at[lte]=2026-11-20T09:45:00.0005Z", london, 1, terms.Now.UnixMilli() + 1, false},
		{"made_at[gte]=2026-11-20T09:45:00.0005Z", london, terms.Now.UnixMilli() + 1, 0, true},
		{"made_at[last]=1", london, at(london, 2026, 11, 20, 0), terms.Now.UnixMilli() + 1, false},
		{"made_at[last]=30", london, at(london, 2026, 10, 22, 0), terms.Now.UnixMilli() + 1, false},
		{"made_at[last]=7", zone("Pacific/Kiritimati"), at(zone("Pacific/Kiritimati"), 2026, 11, 14, 0), terms.Now.UnixMilli() + 1, false},
	} {
		terms := terms
		terms.Zone = c.zone
		r, err := parse(t, jars.For(everything), c.query, terms)
		if err != nil {
			t.Errorf("?%s: %v", c.query, err)
			continue
		}
		got := r.Predicates[0].Ranges[0]
		if got.From != c.from || got.To != c.to || got.NoTo != c.noTo {
			t.Errorf("?%s in %s: %+v, want from %d to %d", c.query, c.zone, got, c.from, c.to)
		}
	}
}

func TestMoneyIsReadInTheFormOfItsAddress(t *testing.T) {
	for _, c := range []struct {
		form     field.Form
		currency money.Currency
		query    string
		from     int64
	}{
		{field.API, money.GBP, "price[gte]=4999", 4999}, {field.Page, money.GBP, "price[gte]=49.99", 4999}, {field.Page, money.GBP, "price[gte]=1,250", 125_000},
		{field.Page, money.JPY, "price[gte]=5000", 5000}, {field.Page, money.KWD, "price[gte]=1.5", 1500}, {field.API, money.KWD, "price[band]=50%2B", 50_000},
		{field.API, money.GBP, "price[gt]=-5", -4},
	} {
		terms := terms
		terms.Form, terms.Currency = c.form, c.currency
		r, err := parse(t, jars.For(everything), c.query, terms)
		if err != nil || r.Predicates[0].Ranges[0].From != c.from {
			t.Errorf("?%s in %s: %+v, %v", c.query, c.currency, r, err)
		}
	}
}

// What a request renders is what it was read from, in one form: read again, it is the same.
func TestARequestRendersToItsCanonicalAddress(t *testing.T) {
	for query, want := range map[string]string{
		"":                                     "",
		"sort=-price&color=azure,red":          "color=red%2Cblue&sort=-price",
		"color=blue&color=red&limit=50&q=":     "color=red%2Cblue",
		"price[lte]=50&price[gte]=1,000.5":     "price%5Bgte%5D=1000.50&price%5Blte%5D=50.00",
		"q=+John++Smith+&limit=100&cursor=abc": "limit=100&q=John+Smith",
		"made_at[gte]=&made_at[last]=7":        "made_at%5Blast%5D=7",
		"made_at[gte]=2026-11-20T10:00:00%2B01:00&count=3,3,4": "count=3%2C4&made_at%5Bgte%5D=2026-11-20T09%3A00%3A00Z",
		"sort=walletBalance":      "sort=price",
		"full=true&sort=-made_at": "full=true&sort=-made_at",
	} {
		terms := terms
		terms.Form = field.Page
		v := jars.For(everything)
		r, err := parse(t, v, query, terms)
		if err != nil {
			t.Errorf("?%s: %v", query, err)
			continue
		}
		if got := r.Query(); got != want {
			t.Errorf("?%s renders to %s, want %s", query, got, want)
		}
		again, err := parse(t, v, r.Query(), terms)
		if err != nil || again.Query() != r.Query() {
			t.Errorf("?%s read again: %v, %v", r.Query(), again, err)
		}
	}
}

func TestChipsSayTheFiltersAndLeadToTheListWithoutThem(t *testing.T) {
	terms := terms
	terms.Form = field.Page
	v := jars.For(everything)
	r, err := parse(t, v, "color=red,blue&price[gte]=50&price[lt]=100&made_at[last]=7&full=false&sort=name", terms)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, c := range v.Chips(r, terms) {
		said = append(said, c.Label+" "+c.Text)
		if rest, err := url.ParseQuery(c.Without); err != nil || rest.Get("sort") != "name" || strings.Contains(c.Without, c.Field) {
			t.Errorf("without %s: %s", c.Field, c.Without)
		}
	}
	if want := []string{"Price from 50.00 less than 100.00", "Made last 7 days", "Full no", "Colour Red, Blue"}; !slices.Equal(said, want) {
		t.Errorf("chips %q, want %q", said, want)
	}
}

func TestWhatCannotBeReadIsRefusedWithTheKnownOnes(t *testing.T) {
	many := make([]string, 201)
	for i := range many {
		many[i] = strconv.Itoa(i)
	}
	for query, want := range map[string]int{
		"price[gte]=5&price[gte]=6": 400, "Price[gte]=1": 400, "price[GTE]=1": 400, "price]": 400, "[gte]=1": 400, "color[]=red": 400, "nonsense": 400,
		"limit=5&limit=5": 400, "color": 422, "color=": 422, "color=green": 422, "price=1.5": 422, "price=9223372036854775807": 422, "count=1e3": 422,
		"made_at[gte]=yesterday": 422, "made_at[last]=99999": 422, "full=1": 422, "count=" + strings.Join(many, ","): 400,
		"name=Plum": 200, "price=5": 200, "count[gte]=-1": 200,
	} {
		_, err := parse(t, jars.For(everything), query, terms)
		got := 200
		if err != nil {
			got = errs.Of(err).Kind.Status()
		}
		if got != want {
			t.Errorf("?%s: %d %v, want %d", query, got, err, want)
		}
	}
	_, err := parse(t, jars.For(everything), "color=green&count=x", terms)
	if fields := errs.Of(err).Fields; len(fields) != 2 || !strings.Contains(fields["color"], "red, blue") {
		t.Errorf("both wrong values are said at once: %v", fields)
	}
}

func TestACursorIsGoodForOneCallerListFilterAndOrder(t *testing.T) {
	sign := func(purpose string, parts ...[]byte) []byte {
		mac := hmac.New(sha256.New, []byte(purpose))
		for _, p := range parts {
			sum := sha256.Sum256(p)
			mac.Write(sum[:])
		}
		return mac.Sum(nil)
	}
	v := jars.For(everything)
	r, err := parse(t, v, "color=red&sort=name", terms)
	if err != nil {
		t.Fatal(err)
	}
	c := field.Cursor{Before: true, Num: 1<<40 | 7, Key: -3, Text: "ångström"}
	r.Cursor = v.Seal(sign, r, c, "usr_1", "brd_1")
	if got, err := v.Open(sign, r, "usr_1", "brd_1"); err != nil || *got != c {
		t.Fatalf("%v, %v", got, err)
	}
	other := *r
	other.Sort.Desc = true
	for what, try := range map[string]func() (*field.Cursor, error){
		"another caller": func() (*field.Cursor, error) { return v.Open(sign, r, "usr_2", "brd_1") },
		"another brand":  func() (*field.Cursor, error) { return v.Open(sign, r, "usr_1", "brd_10") },
		"another order":  func() (*field.Cursor, error) { return v.Open(sign, &other, "usr_1", "brd_1") },
	} {
		if _, err := try(); !errors.Is(err, field.ErrCursor) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func FuzzNothingThatIsTypedBreaksTheParser(f *testing.F) {
	for _, seed := range []string{"price[gte]=5&sort=-name", "q=%ff", "made_at[lte]=0000-00-00", "color=red&color=blue", "[[]]=&]=["} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		params, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		terms := terms
		terms.Form = field.Page
		v := jars.For(everything)
		r, err := v.Parse(params, terms)
		if err != nil {
			if errs.Of(err).Kind == errs.Fault {
				t.Errorf("?%s: %v", query, err)
			}
			return
		}
		v.Conditions(&holes{}, r)
		v.Chips(r, terms)
		again, err := v.Parse(must(url.ParseQuery(r.Query())), terms)
		if err != nil || again.Query() != r.Query() {
			t.Errorf("?%s renders to ?%s, which reads as %v, %v", query, r.Query(), again, err)
		}
	})
}

func must(v url.Values, err error) url.Values {
	if err != nil {
		panic(err)
	}
	return v
}
