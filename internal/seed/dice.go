package seed

import "math"

// dice are random numbers of our own (splitmix64): the same number of the same brand falls the same way on every machine and with
// every release of Go.
type dice struct{ state uint64 }

// roll gives the dice for one thing: the parts of its name.
func roll(name string, numbers ...int) *dice {
	h := uint64(14695981039346656037) // FNV-1a
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	for _, n := range numbers {
		for range 8 {
			h = (h ^ uint64(n&0xff)) * 1099511628211
			n >>= 8
		}
	}
	return &dice{h}
}

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// n is a number from 0 up to below most.
func (d *dice) n(most int) int { return int(d.next() >> 33 % uint64(most)) }

// between includes both ends.
func (d *dice) between(from, to int) int { return from + d.n(to-from+1) }

// of is true in some of a thousand cases.
func (d *dice) of1000(some int) bool { return d.n(1000) < some }

// part is from 0 up to below 1.
func (d *dice) part() float64 { return float64(d.next()>>11) / (1 << 53) }

// pareto is at least 1 and seldom much: its mean is about 3, and one in a hundred is above 21.
func (d *dice) pareto() float64 { return math.Pow(1-d.part(), -1/1.5) }

func one[T any](d *dice, all []T) T { return all[d.n(len(all))] }

// weighted picks an index by weight.
func (d *dice) weighted(weights []int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	at := d.n(sum)
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return 0
}
