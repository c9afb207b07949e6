package web

import (
	"net/netip"
	"sync"
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/session/device"
)

// ErrRate refuses more requests than a person or a network makes.
var ErrRate = errs.New(errs.TooMany, "rate_limited", "That is more than we answer in a minute. Wait a little, then go on.")

// Requests a minute (security.md A0, Rates).
const (
	perSession   = 600
	perCustomer  = 120 // of a session at an own account
	perStranger  = 300 // pages fetch parts of themselves, so a page costs several
	maxCounted   = 50_000
	limitsWindow = time.Minute
)

// limiter counts requests by session, or by network for strangers, in fixed minutes.
type limiter struct {
	mu     sync.Mutex
	began  time.Time
	counts map[string]int
}

func (l *limiter) allow(v *Visit, now time.Time) error {
	key, most := "", perStranger
	if v.Present != nil {
		key, most = v.Present.Session.ID, perSession
		if v.Audience == session.Account {
			most = perCustomer
		}
	} else if addr, err := netip.ParseAddr(v.Caller.IP); err == nil {
		key = device.RateKey(addr).String()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts == nil || now.Sub(l.began) >= limitsWindow || len(l.counts) > maxCounted {
		l.began, l.counts = now, map[string]int{}
	}
	l.counts[key]++
	if l.counts[key] > most {
		return ErrRate.After(l.began.Add(limitsWindow).Sub(now))
	}
	return nil
}
