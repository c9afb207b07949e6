package auth

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Guesses that are spread over many accounts stay below every limit of one account. What shows is their number: an alarm begins when
// in five minutes far more sign-ins failed than in the five minutes of the last week (security.md A0, “Global spray alarm”). It
// informs, and locks nobody out. Tries at addresses that nobody has are in no history, so they are not counted.
const (
	alarmWindow = 5 * time.Minute
	alarmBefore = 7 * 24 * time.Hour
	alarmTimes  = 5  // times the median of the week's windows
	alarmLeast  = 30 // failures in five minutes that are never an alarm, however quiet the week was
	alarmShown  = 24 * time.Hour
)

// Alarm is a time at which far more sign-ins failed than usually.
type Alarm struct {
	ID      string `db:"id,key"`
	BeganAt int64  `db:"began_at"`
	EndedAt int64  `db:"ended_at"` // 0: it goes on
	Failed  int64  `db:"failed"`   // the most in five minutes
	Usual   int64  `db:"usual"`    // median of the five minutes of the week before
}

var alarms = op.Bookkeeping[Alarm]("sign_in_alarms")

// LookAtSignIns is the job that does it each minute.
type LookAtSignIns struct{}

// Kind names the job.
func (LookAtSignIns) Kind() string { return "auth.watch_sign_ins" }

// Watch is the part of Steward that looks at sign-ins.
var Watch = op.SystemActor("sign-in watch", access.SystemConfigure)

// WatchSignIns begins an alarm, or ends one. The event is that of the beginning, once for each alarm.
var WatchSignIns = &op.Action[op.None, op.Place, op.None]{
	Name: "security.watch_sign_ins", Summary: "Compare the failed sign-ins of five minutes with those of the last week", Allow: access.SystemConfigure,
	Target: func(*op.Tx, op.None) (op.Place, error) { return op.Installation, nil },
	Do: func(tx *op.Tx, _ op.Place, _ op.None) (op.None, error) {
		now := tx.Now()
		failed, err := store.Value[int64](tx.QueryRow("select count(*) from sign_ins where outcome <> 'ok' and at > $1 and at <= $2",
			now.Add(-alarmWindow).UnixMilli(), now.UnixMilli()))
		if err != nil {
			return op.None{}, err
		}
		going, err := alarms.One(tx, "where ended_at = 0")
		if errors.Is(err, errs.ErrNotFound) {
			going, err = nil, nil
		}
		if err != nil || going == nil && failed <= alarmLeast {
			return op.None{}, err
		}
		if going != nil {
			return op.None{}, going.goOn(tx, failed)
		}
		usual, err := usualFailures(tx, now)
		if err != nil || failed <= alarmTimes*usual {
			return op.None{}, err
		}
		tx.Note("failed_in_5_minutes", strconv.FormatInt(failed, 10))
		tx.Note("usual_in_5_minutes", strconv.FormatInt(usual, 10))
		return op.None{}, alarms.Insert(tx, &Alarm{ID: id.New("alm_", now), BeganAt: now.UnixMilli(), Failed: failed, Usual: usual})
	},
}

// goOn ends an alarm whose cause is over. It is held to the week before it began, so that it does not become usual by lasting.
func (a *Alarm) goOn(tx *op.Tx, failed int64) error {
	if failed > max(alarmLeast, alarmTimes*a.Usual) {
		a.Failed = max(a.Failed, failed)
	} else {
		a.EndedAt = tx.Now().UnixMilli()
	}
	return alarms.Update(tx, a)
}

// usualFailures is the median of the windows of the week before the present one. Most are empty, and count all the same.
func usualFailures(r store.Reader, now time.Time) (int64, error) {
	end := now.Add(-alarmWindow)
	counts, err := store.All(r, store.Value[int64], `select count(*) from sign_ins where outcome <> 'ok' and at > $1 and at <= $2 group by ($3 - at) / $4`,
		end.Add(-alarmBefore).UnixMilli(), end.UnixMilli(), end.UnixMilli(), alarmWindow.Milliseconds())
	if err != nil {
		return 0, err
	}
	windows := int(alarmBefore / alarmWindow)
	slices.Sort(counts)
	if at := windows/2 - (windows - len(counts)); at >= 0 && at < len(counts) {
		return counts[at], nil
	}
	return 0, nil
}

// ShowAlarm gives the newest alarm for as long as people should be shown it: while it goes on, and for a day after it began. The
// empty alarm is none.
var ShowAlarm = &op.Query[op.None, Alarm]{
	Name: "security.alarm", Summary: "Read whether far more sign-ins fail than usually", Allow: access.SecurityView,
	Do: func(v *op.View, _ op.None) (a Alarm, err error) {
		v.Nodes(access.SecurityView) // the door has asked whether it is held anywhere; an alarm names nobody and no place
		found, err := alarms.All(v, "where ended_at = 0 or began_at > $1 order by began_at desc limit 1", v.Now().Add(-alarmShown).UnixMilli())
		if len(found) > 0 {
			a = found[0]
		}
		return a, err
	},
}
