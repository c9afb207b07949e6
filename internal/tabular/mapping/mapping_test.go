package mapping_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/tabular/mapping"
)

const good = `{"source":"shop","currency":"GBP","columns":{"order_id":"Id","email":"Mail","date":"Day","unit_price":"Price","sku":{"name":"Code","clean":"upper"}},"date":{"layout":"02/01/2006","time_zone":"Europe/London"}}`

func TestShippedMappingsAreRight(t *testing.T) {
	files, _ := filepath.Glob("../../../maps/*.json")
	if len(files) == 0 {
		t.Fatal("no mappings")
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := mapping.ParseOrders(b); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestAMappingIsReadStrictly(t *testing.T) {
	if _, err := mapping.ParseOrders([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, sentence string }{
		{`"source":`, `"Source":`, `The mapping has no "Source". It knows: source, brand, file, columns, date, number, currency, cancellation, statuses, order_columns.`},
		{`"email":`, `"e_mail":`, `"columns" in the mapping has no "e_mail". It knows: order_id, customer_id, email, name,`},
		{`"clean":"upper"`, `"cleen":"upper"`, `"columns/sku" in the mapping has no "cleen". It knows: name, clean.`},
		{`"clean":"upper"`, `"clean":"bleach"`, `Known rules: integer_id, lower, upper.`},
		{`"layout":`, `"format":`, `"date" in the mapping has no "format". It knows: layout, time_zone.`},
		{`"02/01/2006"`, `"DD/MM/YYYY"`, `"date" needs a "layout" with year, month and day`},
		{`"02/01/2006"`, `"15:04:05"`, `"date" needs a "layout"`},
		{`"Europe/London"`, `"Europe/Londres"`, `"time_zone" such as "Europe/London"`},
		{`"Europe/London"`, `"Local"`, `"time_zone" such as "Europe/London"`},
		{`"source":"shop"`, `"source":"shop","source":"shop"`, `A name stands twice in the mapping`},
		{`"source":"shop"`, `"source":"My Shop"`, `"source" names whose ids these are`},
		{`"currency":"GBP",`, ``, `Say the currency`},
		{`"currency":"GBP"`, `"currency":"Pounds"`, `must`},
		{`"email":"Mail",`, ``, `"customer_id", "email" and "phone"`},
		{`"unit_price":"Price",`, ``, `"unit_price" or "line_total"`},
		{`"order_id":"Id",`, ``, `must name "order_id" and "date"`},
		{`"source":"shop"`, `"source":"shop","cancellation":{"negative_quantity":true}`, `must name "quantity"`},
		{`"source":"shop"`, `"source":"shop","statuses":{"x":"done"}`, `Known: paid, pending, cancelled, void.`},
		{`"source":"shop"`, `"source":"shop","brand":{"slug":"S P","name":"x","currency":"GBP","time_zone":"UTC"}`, `"slug" in small letters`},
		{`"source":"shop"`, `"source":"shop","file":{"delimiter":"#"}`, `one of , ; | or a tab`},
		{`"source":"shop"`, `"source":"shop","number":{"thousands":"."}`, `must differ`},
		{`{"source"`, `["source"`, `The mapping cannot be read`},
	} {
		in := strings.Replace(good, c.old, c.new, 1)
		_, err := mapping.ParseOrders([]byte(in))
		if !errors.Is(err, mapping.ErrMapping) || !strings.Contains(errs.Of(err).Detail, strings.TrimPrefix(c.sentence, "must")) {
			t.Errorf("%s\n got %v\nwant %s", in, errs.Of(err).Detail, c.sentence)
		}
	}
}

func TestColumnsAreFoundAndCleaned(t *testing.T) {
	m, err := mapping.ParseOrders([]byte(strings.Replace(good, `"order_id":"Id"`, `"order_id":{"name":"Id","clean":"integer_id"}`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.Bind([]string{"Day", "Code", "Price", "Mail", "Id", "Other", "Other"})
	if err != nil {
		t.Fatal(err)
	}
	cells := [][]byte{[]byte("d"), []byte(" ab "), nil, nil, []byte(" 17850.0 ")}
	if got := string(b.Cell(cells, mapping.OrderID)) + string(b.Cell(cells, mapping.SKU)) + string(b.Cell(cells, mapping.Phone)); got != "17850AB" || b.Has(mapping.Phone) {
		t.Error(got)
	}
	for in, want := range map[string]string{"17850.00": "17850", "17850": "17850", "17850.5": "17850.5", ".0": ".0", "A1.0": "A1.0", "1.": "1", "": "", "1.0.0": "1.0.0"} {
		if got := string(b.Cell([][]byte{nil, nil, nil, nil, []byte(in)}, mapping.OrderID)); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
	if _, err := m.Bind([]string{"Day", "Price", "Mail", "Id"}); err == nil || !strings.Contains(errs.Of(err).Detail, `no column "Code", which the mapping names for sku. It has: Day, Price, Mail, Id.`) {
		t.Error(err)
	}
	if _, err := m.Bind([]string{"Day", "Code", "Price", "Mail", "Id", "Id"}); err == nil || !strings.Contains(errs.Of(err).Detail, `two columns named "Id"`) {
		t.Error(err)
	}
}

func FuzzParseOrders(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(`{"columns":{"sku":{"x":{"y":1}}},"file":{"a":[{"b":2}]}}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		m, err := mapping.ParseOrders(in)
		if err != nil {
			if errs.Of(err).Kind == errs.Fault {
				t.Fatal(err)
			}
			return
		}
		if _, err := json.Marshal(m); err != nil {
			t.Fatal(err)
		}
	})
}
