package entry

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/auth/password"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/world"
)

// served is a world for a benchmark, with hashes of the least real cost.
func served(b *testing.B, test func(t *testing.T, h *house)) {
	b.Helper()
	// A world belongs to a test; a benchmark borrows one.
	testing.Init()
	ok := testing.RunTests(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: b.Name(), F: func(t *testing.T) {
		w := world.On(t, store.SQLite)
		test(t, open(t, w))
	}}})
	if !ok {
		b.Fatal("the world failed")
	}
}

// tries is how many of each kind are compared: STEWARD_TRIES, or few.
func tries() int {
	if n, err := strconv.Atoi(os.Getenv("STEWARD_TRIES")); err == nil {
		return n
	}
	return 100
}

// BenchmarkWhoHasAnAccount compares the times of wrong tries at addresses with an account and without: medians, and how well somebody
// who sees the times alone tells them apart (the area under the ROC curve; 0.5 is not at all). security.md A0 wants ≤ 5 ms and ≤ 0.55
// of 1,000 and 1,000: STEWARD_TRIES=1000 on a calm machine.
func BenchmarkWhoHasAnAccount(b *testing.B) {
	for _, w := range []struct {
		name, path string
		form       []string
		email      func(h *house, known bool, i int) string
	}{
		{"desk", "/admin/sign-in", []string{"password", "wrong wrong wrong"}, func(h *house, known bool, i int) string {
			if known {
				return h.World.Staff[i%len(h.World.Staff)].Email
			}
			return fmt.Sprintf("nobody%d@aurora.example", i%15)
		}},
		{"forgot", "/admin/sign-in/forgot", nil, func(h *house, known bool, i int) string {
			if known {
				return h.World.Staff[i%len(h.World.Staff)].Email
			}
			return fmt.Sprintf("nobody%d@aurora.example", i%15)
		}},
	} {
		b.Run(w.name, func(b *testing.B) {
			served(b, func(t *testing.T, h *house) {
				real, err := password.New(password.Minimum)
				if err != nil {
					t.Fatal(err)
				}
				h.Desk.Hasher = real
				for _, s := range h.World.Staff {
					hash, err := real.Hash(t.Context(), s.Password)
					if err != nil {
						t.Fatal(err)
					}
					h.rehash(t, string(s.ID), hash)
				}
				n := tries()
				order := make([]bool, 2*n)
				for i := range n {
					order[i] = true
				}
				rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
				took := map[bool][]float64{}
				one := h.browser()
				for i, known := range order {
					one.ip = fmt.Sprintf("198.19.%d.%d", i/200, 1+i%200)
					form := formOf(append([]string{"email", w.email(h, known, i)}, w.form...))
					if i%20 == 0 {
						h.Later(11 * time.Minute)
					}
					began := time.Now()
					a, err := one.send(http.MethodPost, w.path, form)
					ms := float64(time.Since(began).Microseconds()) / 1000
					if err != nil || a.status >= 500 || a.status == http.StatusTooManyRequests {
						t.Fatal(a, err)
					}
					took[known] = append(took[known], ms)
				}
				for _, times := range took {
					slices.Sort(times)
				}
				with, without := took[true][n/2], took[false][n/2]
				b.ReportMetric(with, "ms-with")
				b.ReportMetric(without, "ms-without")
				b.ReportMetric(with-without, "ms-between")
				b.ReportMetric(area(took[true], took[false]), "ROC-AUC")
				b.ReportMetric(0, "ns/op")
			})
		})
	}
}

// area is the chance that one of a takes longer than one of b.
func area(a, b []float64) float64 {
	won := 0.0
	for _, x := range a {
		for _, y := range b {
			if x > y {
				won++
			} else if x == y {
				won += 0.5
			}
		}
	}
	return won / float64(len(a)*len(b))
}

// rehash gives somebody a hash of another cost, beneath the program.
func (h *house) rehash(t *testing.T, who, hash string) {
	t.Helper()
	if err := beneath(t, h, "update credentials set password_hash = $1 where user_id = $2", hash, who); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkPasswords says how many passwords a second one core verifies, at the least real cost.
func BenchmarkPasswords(b *testing.B) {
	hasher, err := password.New(password.Minimum)
	if err != nil {
		b.Fatal(err)
	}
	hash, err := hasher.Hash(b.Context(), "plum otter lantern seven")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if ok, err := hasher.Verify(b.Context(), "plum otter lantern seven", hash); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sign-ins/s/core")
}

// flood tries to sign in so many times a second, for a while, and reads a page meanwhile.
func flood(t *testing.T, h *house, rate int, during time.Duration) (refused, looked int64, pages []float64) {
	t.Helper()
	var busy, wrong, other, silent atomic.Int64
	var all sync.WaitGroup
	stop := time.Now().Add(during)
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	done := make(chan struct{})
	reader := h.browser()
	var mu sync.Mutex
	go func() {
		defer close(done)
		for i := 0; time.Now().Before(stop); i++ {
			reader.ip = fmt.Sprintf("198.20.%d.%d", i/200%250, 1+i%200)
			began := time.Now()
			a, err := reader.send(http.MethodGet, "/admin/sign-in", nil)
			if err != nil || a.status != http.StatusOK {
				other.Add(1)
			}
			mu.Lock()
			pages = append(pages, float64(time.Since(began).Microseconds())/1000)
			mu.Unlock()
			time.Sleep(5 * time.Millisecond)
		}
	}()
	for i := 0; time.Now().Before(stop); i++ {
		<-tick.C
		b := h.browser()
		all.Go(func() {
			a, err := b.send(http.MethodPost, "/admin/sign-in", formOf([]string{"email", fmt.Sprintf("nobody%d@example.org", i), "password", "wrong wrong wrong"}))
			switch {
			case err != nil:
				other.Add(1)
			case a.status == http.StatusTooManyRequests:
				busy.Add(1)
				if a.header.Get("Retry-After") == "" {
					silent.Add(1)
				}
			case a.status == http.StatusUnauthorized:
				wrong.Add(1)
			default:
				other.Add(1)
			}
		})
	}
	all.Wait()
	<-done
	if other.Load() > 0 || silent.Load() > 0 {
		t.Errorf("%d were answered neither wrong nor too many, and %d refusals do not say when to come back", other.Load(), silent.Load())
	}
	slices.Sort(pages)
	return busy.Load(), wrong.Load(), pages
}

func TestAFloodOfPasswordsIsTurnedAway(t *testing.T) {
	if testing.Short() {
		t.Skip("takes every core for a while: left to the runs without -short")
	}
	h := open(t, world.On(t, store.SQLite))
	refused, looked, pages := flood(t, h, 500, 2*time.Second)
	if refused == 0 || looked == 0 || len(pages) == 0 {
		t.Errorf("%d were refused, %d looked at, %d pages read", refused, looked, len(pages))
	}
	t.Logf("%d refused, %d looked at; a page in the 99th of a hundred %.0f ms (%d cores)", refused, looked, pages[len(pages)*99/100], runtime.NumCPU())
}
