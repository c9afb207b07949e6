package api

import (
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/session/device"
)

// Calls a minute (contract.md, security.md A0).
const (
	UsualRate    = 6_000 // of a key
	strangerRate = 60    // of a network without a good key
	window       = time.Minute
	maxCounted   = 50_000
)

// ErrRate refuses more calls than a key has in a minute.
var ErrRate = errs.New(errs.TooMany, "rate_limited", "That is more calls than a key has in a minute. Wait as long as Retry-After says, then go on.")

// ErrStrangers refuses more calls without a good key than a network has in a minute.
var ErrStrangers = ErrRate.Say("That is more calls without a good key than we answer from one network in a minute. Check the key, and wait as long as Retry-After says.")

// limiter counts calls by name, each name in minutes of its own that begin with its first call. The zero value is ready.
type limiter struct {
	mu     sync.Mutex
	counts map[string]*count
}

type count struct {
	began time.Time
	used  int
}

// take counts a call, and says how many are left and when the minute is over.
func (l *limiter) take(name string, most int, now time.Time) (left int, over time.Duration, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.count(name, now)
	over = n.began.Add(window).Sub(now)
	if n.used >= most {
		return 0, over, ErrRate.After(over)
	}
	n.used++
	return most - n.used, over, nil
}

func (l *limiter) count(name string, now time.Time) *count {
	if n := l.counts[name]; n != nil && now.Sub(n.began) < window && !now.Before(n.began) {
		return n
	}
	if len(l.counts) >= maxCounted {
		l.forget(now)
	}
	if l.counts == nil {
		l.counts = map[string]*count{}
	}
	n := &count{began: now}
	l.counts[name] = n
	return n
}

// forget drops the minutes that are over; all of them when that is not enough.
func (l *limiter) forget(now time.Time) {
	for name, n := range l.counts {
		if now.Sub(n.began) >= window {
			delete(l.counts, name)
		}
	}
	if len(l.counts) >= maxCounted {
		l.counts = nil
	}
}

// limit counts the call against its key, and tells the caller how it stands (draft-ietf-httpapi-ratelimit-headers).
func (c *Call) limit() error {
	left, over, err := c.keys.take(c.Caller.ID, c.Rate, c.Door.Now())
	seconds := int64((over + time.Second - 1) / time.Second)
	h := c.W.Header()
	h.Set("RateLimit-Policy", `"key";q=`+strconv.Itoa(c.Rate)+`;w=60`)
	h.Set("RateLimit", `"key";r=`+strconv.Itoa(left)+`;t=`+strconv.FormatInt(seconds, 10))
	return err
}

// network is what strangers are counted by: the address, or the /64 of IPv6.
func network(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	return device.RateKey(addr).String()
}
