// Package routes lists the addresses of a served world, for tests that go to all of them.
package routes

import (
	"net/http"
	"reflect"
	"slices"
	"testing"

	"github.com/stewardhq/steward/internal/web/account"
	"github.com/stewardhq/steward/internal/web/admin"
	"github.com/stewardhq/steward/internal/web/devmail"
	"github.com/stewardhq/steward/internal/web/portal"
	"github.com/stewardhq/steward/internal/world"
)

// Pages are the patterns of all pages: "GET /admin/orders/{id}".
func Pages(t testing.TB, w *world.World) []string {
	t.Helper()
	mux := http.NewServeMux()
	admin.Routes(w.Site, mux)
	account.Routes(w.Site, mux)
	portal.Routes(w.Site, mux)
	devmail.Routes(w.Site, mux)
	all := patterns(mux)
	if len(all) < 100 {
		t.Fatalf("only %d patterns were found in the mux: is the library's inside another one now?", len(all))
	}
	return all
}

// patterns reads what was hung up out of the mux itself, which has no method for it: its index has every pattern.
func patterns(mux *http.ServeMux) (all []string) {
	index := reflect.ValueOf(mux).Elem().FieldByName("index")
	add := func(list reflect.Value) {
		for i := range list.Len() {
			all = append(all, list.Index(i).Elem().FieldByName("str").String())
		}
	}
	for entries := index.FieldByName("segments").MapRange(); entries.Next(); {
		add(entries.Value())
	}
	add(index.FieldByName("multis"))
	slices.Sort(all)
	return slices.Compact(all)
}
