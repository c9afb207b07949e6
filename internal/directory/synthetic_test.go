package directory_test

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/user"
)

var (
	forenames = strings.Fields("Ada Ben Camille Daniel Elif Farah Grzegorz Hana Isaac Jóhanna Kwame Lucía Mira Noah Oluwaseun Priya Quentin Rosa Sunniva Tariq Ursula Vikram Wanjiru Xavier Yusuf Zsófia John Mary James Emma")
	surnames  = strings.Fields("Okafor Achterberg Durand O'Rourke Yıldız Haddad Łukasik Kobayashi Mbeki Stefánsdóttir Asante Fernández Petrović Lindqvist Adeyemi Raman Roux Merwe Bråten Aziz Meinhardt Chaudhary Kamau Delacroix Demir Nagy Smith Jones Garcia Brown")
	syllables = strings.Fields("ka lo mi ren tas vor bel dun fei gar hol jin")
)

// synthetic are n people of aurora: names as skewed as real ones, two years of orders of which a quarter has none, seven in a hundred
// not active, one in two hundred archived. The same every time.
func synthetic(n int) iter.Seq[*soul] {
	return func(yield func(*soul) bool) {
		for i := range n {
			if !yield(person(i)) {
				return
			}
		}
	}
}

func person(i int) *soul {
	r := rand.New(rand.NewPCG(7, uint64(i)))
	skew := func(n int) int { return int(float64(n) * r.Float64() * r.Float64()) }
	s := &soul{num: 1<<40 | int64(i+1), brand: 1, kinds: user.IsCustomer, status: user.Active}
	s.first = forenames[skew(len(forenames))]
	s.last = surnames[skew(len(surnames))]
	if r.IntN(3) > 0 {
		s.last = strings.ToUpper(syllables[r.IntN(12)][:1]) + syllables[r.IntN(12)] + syllables[r.IntN(12)] + syllables[r.IntN(12)]
	}
	s.email = fmt.Sprintf("%s.%d@%s", strings.ToLower(syllables[r.IntN(12)]+s.last[:1]), i, [...]string{"gmail.example", "gmail.example", "mail.example", "post.example"}[r.IntN(4)])
	if r.IntN(2) == 0 {
		s.phone = fmt.Sprintf("+44 7700 %06d", r.IntN(1e6))
	}
	s.external = fmt.Sprint(10_000 + i)
	s.emailVerified, s.phoneVerified = r.IntN(10) > 0, s.phone != "" && r.IntN(2) == 0
	day := int64(24 * time.Hour / time.Millisecond)
	end := now.UnixMilli()
	s.registered = end - r.Int64N(730*day)
	s.location = int64(r.IntN(4)) // 0: none
	switch k := r.IntN(200); {
	case k < 1:
		s.status = user.Archived
		s.first, s.last, s.email, s.phone, s.external = "[archived-"+string(s.id())+"]", "", "", "", ""
	case k < 8:
		s.status = user.Deactivated
	case k < 11:
		s.status = user.Suspended
	case k < 13:
		s.status = user.Banned
	case k < 15:
		s.status = user.Invited
	}
	if r.IntN(4) > 0 {
		s.orders = 1 + int64(5/(0.05+r.Float64()))/5
		s.gross = s.orders * (500 + r.Int64N(9000))
		s.firstOrder = s.registered + r.Int64N(max(1, (end-s.registered)/2))
		s.lastOrder = s.firstOrder + r.Int64N(max(1, end-s.firstOrder))
		s.seen = s.lastOrder
		s.favourite = [...]string{"Flower", "Edibles", "Gifts"}[r.IntN(3)]
	}
	if r.IntN(50) == 0 {
		s.refunded = r.Int64N(5000)
	}
	if r.IntN(20) == 0 {
		s.imported = r.Int64N(100_000)
	}
	switch l := s.lifetime(); {
	case l >= 500_000:
		s.tier = 3
	case l >= 50_000:
		s.tier = 2
	case l >= 5_000:
		s.tier = 1
	}
	if i%5000 == 17 {
		s.kinds, s.role, s.location = user.IsStaff, int64(1+i/5000%10), 0
	}
	return s
}
