// Package id makes and reads the public ids of things: a prefix that says what it is, and 26 characters that sort by time.
//
// The characters are a UUIDv7 (48 bits of epoch milliseconds, 74 random bits) in upper-case Crockford base 32, the spelling of a
// ULID: usr_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB. They hold no I, L, O or U, so that they can be read out on the telephone. An id is a
// name and never a secret: whoever knows one may still not see what it names.
package id

import (
	"crypto/rand"
	"encoding/binary"
	"strings"
	"sync"
	"time"
)

// The prefixes of the contract with the outside.
const (
	User       = "usr_"
	Brand      = "brd_"
	Location   = "loc_"
	Company    = "cmp_"
	Order      = "ord_"
	Segment    = "seg_"
	Campaign   = "cam_"
	Invitation = "inv_"
	Key        = "key_"
	Audit      = "aud_"
	Job        = "job_"
)

const (
	alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	length   = 26
	low62    = 1<<62 - 1
)

// sequence keeps the ids of a millisecond in the order in which they were made, for the milliseconds drawn last: there are several
// clocks in a process that imports, or tests.
type sequence struct {
	sync.Mutex
	drawn [64]drawn
	turn  int // where the newest stands
}

type drawn struct {
	ms int64 // 0 for none: nothing of ours was made in 1970
	hi uint16
	lo uint64 // 62 bits
}

var last sequence

// New makes an id at a moment. Ids made in one process for moments that do not go back are strictly increasing; across
// processes they sort by millisecond. Moments before 1970 count as 1970.
func New(prefix string, at time.Time) string {
	var r [10]byte
	_, _ = rand.Read(r[:]) // crypto/rand.Read never fails: it ends the program instead
	ms := millis(at)
	hi, lo := last.next(ms, r)
	return spell(prefix, ms, hi, lo)
}

// next draws at random for a new millisecond, and within one steps on by a random distance of at most 2^32, so that the next
// id is above this one and still not to be guessed from it.
func (s *sequence) next(ms int64, r [10]byte) (hi uint16, lo uint64) {
	s.Lock()
	defer s.Unlock()
	for i := range s.drawn {
		d := &s.drawn[(s.turn+len(s.drawn)-i)%len(s.drawn)]
		if d.ms == ms && ms != 0 {
			d.lo += uint64(binary.BigEndian.Uint32(r[:4])) + 1
			if d.lo > low62 {
				d.lo &= low62
				d.hi++
			}
			return d.hi, d.lo
		}
	}
	s.turn = (s.turn + 1) % len(s.drawn)
	d := &s.drawn[s.turn]
	d.ms = ms
	d.hi, d.lo = bits(r)
	d.hi &= 0x7ff // room above: 2^73 numbers, so counting up does not run over
	return d.hi, d.lo
}

// Valid says whether s is an id with this prefix. It says nothing about whether there is such a thing.
func Valid(prefix, s string) bool {
	s, found := strings.CutPrefix(s, prefix)
	if !found || len(s) != length || s[0] > '7' {
		return false
	}
	hi, lo, ok := read(s)
	return ok && hi>>12&0xf == 7 && lo>>62 == 2
}

// Time is the moment in an id, to the millisecond; false when s is not an id.
func Time(s string) (time.Time, bool) {
	s = s[strings.LastIndexByte(s, '_')+1:]
	if !Valid("", s) {
		return time.Time{}, false
	}
	hi, _, _ := read(s)
	return time.UnixMilli(int64(hi >> 16)).UTC(), true
}

func millis(at time.Time) int64 { return min(max(at.UnixMilli(), 0), 1<<48-1) }

func bits(r [10]byte) (hi uint16, lo uint64) {
	return binary.BigEndian.Uint16(r[:2]) & 0xfff, binary.BigEndian.Uint64(r[2:]) & low62
}

// spell writes the 128 bits of the UUID, most significant first: 3 bits in the first character, 5 in each of the others.
func spell(prefix string, ms int64, a uint16, b uint64) string {
	hi := uint64(ms)<<16 | 7<<12 | uint64(a)
	lo := 2<<62 | b
	out := make([]byte, len(prefix)+length)
	copy(out, prefix)
	for i := len(out) - 1; i >= len(prefix); i-- {
		out[i] = alphabet[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return string(out)
}

func read(s string) (hi, lo uint64, ok bool) {
	for i := range len(s) {
		v := strings.IndexByte(alphabet, s[i])
		if v < 0 {
			return 0, 0, false
		}
		hi = hi<<5 | lo>>59
		lo = lo<<5 | uint64(v)
	}
	return hi, lo, true
}
