package security

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/auth/password"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// Knob is one value of the policy, with the words for it: a page draws it, a confirmation says how it changes.
type Knob struct {
	Field   string // its JSON path, the name of its field in forms and refusals
	Label   string
	Unit    string   // of a count: "days"; empty where it counts nothing
	Choices []Choice // of a choice
	Never   string   // what 0 means, where it means that there is none
	at      func(*Policy) any
}

// Choice is a value that a knob can have.
type Choice struct{ Value, Label, Hint string }

// Knobs are all of them, in the order of the page.
var Knobs = append([]Knob{
	{Field: "password.preset", Label: "Preset", Choices: []Choice{
		{"nist", "NIST", "The default: length and a list of common passwords, nothing that annoys without protecting (SP 800-63B-4)."},
		{"pci", "PCI DSS", "Twelve characters with a letter and a digit, four old passwords, ninety days where the password is alone."},
		{"legacy", "Older rule books", "Eight characters with capital, small letter and digit, five old passwords, ninety days, a lock after five failures."},
	}, at: func(p *Policy) any { return &p.Password.Preset }},
	{Field: "password.min_staff", Label: "Least length for staff", Unit: "characters", at: func(p *Policy) any { return &p.Password.MinStaff }},
	{Field: "password.min_customer", Label: "Least length for customers", Unit: "characters", at: func(p *Policy) any { return &p.Password.MinCustomer }},
	{Field: "password.max", Label: "Greatest length", Unit: "characters", at: func(p *Policy) any { return &p.Password.Max }},
	{Field: "password.require.lower", Label: "A small letter is required", at: func(p *Policy) any { return &p.Password.Require.Lower }},
	{Field: "password.require.upper", Label: "A capital letter is required", at: func(p *Policy) any { return &p.Password.Require.Upper }},
	{Field: "password.require.letter", Label: "A letter of either case is required", at: func(p *Policy) any { return &p.Password.Require.Letter }},
	{Field: "password.require.digit", Label: "A digit is required", at: func(p *Policy) any { return &p.Password.Require.Digit }},
	{Field: "password.require.symbol", Label: "A symbol or space is required", at: func(p *Policy) any { return &p.Password.Require.Symbol }},
	{Field: "password.blocklist", Label: "Common passwords are refused", at: func(p *Policy) any { return &p.Password.Blocklist }},
	{Field: "password.min_score", Label: "Least strength", Choices: []Choice{
		{"0", "0, anything", ""}, {"1", "1, guessed in minutes", ""}, {"2", "2, guessed in hours", ""}, {"3", "3, hard to guess", ""}, {"4", "4, very hard to guess", ""},
	}, at: func(p *Policy) any { return &p.Password.MinScore }},
	{Field: "password.history", Label: "Old passwords that may not come back", Never: "none", at: func(p *Policy) any { return &p.Password.History }},
	{Field: "password.expire_days", Label: "Passwords of staff expire after", Unit: "days", Never: "never", at: func(p *Policy) any { return &p.Password.ExpireDays }},
	{Field: "password.expire_only_alone", Label: "They expire only where there is no second factor", at: func(p *Policy) any { return &p.Password.ExpireOnlyAlone }},
	{Field: "password.attempts.wait_from", Label: "Waiting begins with failure", at: func(p *Policy) any { return &p.Password.Attempts.WaitFrom }},
	{Field: "password.attempts.first_wait", Label: "First wait", at: func(p *Policy) any { return &p.Password.Attempts.FirstWait }},
	{Field: "password.attempts.longest_wait", Label: "Longest wait", at: func(p *Policy) any { return &p.Password.Attempts.LongestWait }},
	{Field: "password.attempts.disable_at", Label: "The password is disabled at failure", at: func(p *Policy) any { return &p.Password.Attempts.DisableAt }},
	{Field: "password.attempts.lock_at", Label: "Locked from failure", Never: "no lock", at: func(p *Policy) any { return &p.Password.Attempts.LockAt }},
	{Field: "password.attempts.lock_for", Label: "Locked for", Never: "no time", at: func(p *Policy) any { return &p.Password.Attempts.LockFor }},
	{Field: "second_factor", Label: "Staff need a second factor", at: func(p *Policy) any { return &p.SecondFactor }},
	{Field: "step_up_mail", Label: "Codes to confirm are mailed to staff", Choices: []Choice{
		{"always", "Always", "Beside an authenticator app or a passkey."},
		{"unless_stronger", "Unless there is something stronger", "Who has an authenticator app or a passkey confirms with it."},
		{"never", "Never", "Who has neither is mailed a code only to add one."},
	}, at: func(p *Policy) any { return &p.StepUpMail }},
}, slicesOf(
	limitKnobs("staff", "Staff", func(p *Policy) *Limits { return &p.Sessions.Staff }),
	limitKnobs("super_admin", "Super Admins", func(p *Policy) *Limits { return &p.Sessions.SuperAdmin }),
	limitKnobs("company", "Company users", func(p *Policy) *Limits { return &p.Sessions.Company }),
	limitKnobs("account", "Customers", func(p *Policy) *Limits { return &p.Sessions.Account }),
	[]Knob{
		{Field: "archive_days", Label: "Archived people can be restored for", Unit: "days", at: func(p *Policy) any { return &p.ArchiveDays }},
		{Field: "invitation_hours", Label: "Invitations are good for", Unit: "hours", at: func(p *Policy) any { return &p.InvitationHours }},
		{Field: "reset_minutes", Label: "Links for a new password are good for", Unit: "minutes", at: func(p *Policy) any { return &p.ResetMinutes }},
		{Field: "impersonation_minutes", Label: "Impersonations last", Unit: "minutes", at: func(p *Policy) any { return &p.ImpersonationMinutes }},
	},
)...)

func slicesOf(parts ...[]Knob) (all []Knob) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func limitKnobs(field, who string, at func(*Policy) *Limits) []Knob {
	return []Knob{
		{Field: "sessions." + field + ".idle", Label: who + ": signed out when idle for", at: func(p *Policy) any { return &at(p).Idle }},
		{Field: "sessions." + field + ".overall", Label: who + ": signed out after", at: func(p *Policy) any { return &at(p).Overall }},
		{Field: "sessions." + field + ".at_once", Label: who + ": sessions at once", at: func(p *Policy) any { return &at(p).AtOnce }},
	}
}

// Switch says whether the knob is a yes or no, and which.
func (k Knob) Switch(p Policy) (on, is bool) {
	b, is := k.at(&p).(*bool)
	return is && *b, is
}

// Text is the value as a form shows it and takes it back: 12, 30 minutes, nist. A switch that is on is 1.
func (k Knob) Text(p Policy) string {
	switch v := k.at(&p).(type) {
	case *int:
		return strconv.Itoa(*v)
	case *time.Duration:
		return Span(*v)
	case *bool:
		if *v {
			return "1"
		}
		return ""
	case *password.Preset:
		return string(*v)
	case *StepUpMail:
		return string(*v)
	}
	return ""
}

// Set takes what somebody typed. It answers with a sentence where that is no value; whether it is within bounds, Validate says.
func (k Knob) Set(p *Policy, typed string) (problem string) {
	typed = strings.TrimSpace(typed)
	switch v := k.at(p).(type) {
	case *int:
		n, err := strconv.Atoi(typed)
		if err != nil {
			return "Write a whole number, such as " + k.Text(Default()) + "."
		}
		*v = n
	case *time.Duration:
		d, ok := ParseSpan(typed)
		if !ok {
			return "Write a span such as 30 seconds, 15 minutes, 12 hours or 14 days."
		}
		*v = d
	case *bool:
		*v = typed != ""
	case *password.Preset:
		*v = password.Preset(typed)
	case *StepUpMail:
		*v = StepUpMail(typed)
	}
	return ""
}

// Say is the value in words.
func (k Knob) Say(p Policy) string {
	text := k.Text(p)
	if on, is := k.Switch(p); is {
		if on {
			return "yes"
		}
		return "no"
	}
	if k.Never != "" && (text == "0" || text == Span(0)) {
		return k.Never
	}
	for _, c := range k.Choices {
		if c.Value == text {
			return c.Label
		}
	}
	if k.Unit != "" {
		return counted(text, k.Unit)
	}
	return text
}

// spans are the units of a span, the greatest first.
var spans = []struct {
	unit  string
	short []string
	d     time.Duration
}{
	{"days", []string{"d"}, 24 * time.Hour}, {"hours", []string{"h", "hr", "hrs"}, time.Hour},
	{"minutes", []string{"m", "min", "mins"}, time.Minute}, {"seconds", []string{"s", "sec", "secs"}, time.Second},
}

// Span is a span as people say it: in the greatest unit that says it whole, but days only from the second one.
func Span(d time.Duration) string {
	for _, s := range spans {
		if d >= s.d && d%s.d == 0 && (s.unit != "days" || d > s.d) {
			return counted(strconv.FormatInt(int64(d/s.d), 10), s.unit)
		}
	}
	return counted(strconv.FormatInt(int64(d/time.Second), 10), "seconds")
}

// ParseSpan reads a span as people say it.
func ParseSpan(typed string) (time.Duration, bool) {
	typed = strings.ToLower(strings.TrimSpace(typed))
	digits := strings.TrimRight(typed, "abcdefghijklmnopqrstuvwxyz .")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > 1_000_000 {
		return 0, false
	}
	unit := strings.Trim(typed[len(digits):], " .")
	for _, s := range spans {
		if unit == s.unit || unit == strings.TrimSuffix(s.unit, "s") || slices.Contains(s.short, unit) {
			return time.Duration(n) * s.d, n <= int64(math.MaxInt64/s.d) // 292 years: more is another span, or none
		}
	}
	return 0, false
}

func counted(n, units string) string {
	if n == "1" {
		units = strings.TrimSuffix(units, "s")
	}
	return n + " " + units
}

// changes are the facts of a confirmation: each knob that is turned, from what to what, and how that is weaker than the default.
func changes(from, to Policy) (facts []op.Fact) {
	weak := map[string]string{}
	for _, w := range to.Weaknesses() {
		weak[w.Field] = w.Sentence
	}
	required := false
	for _, k := range Knobs {
		if k.Text(from) == k.Text(to) {
			continue
		}
		value := fmt.Sprintf("%s → %s", k.Say(from), k.Say(to))
		sentence := weak[k.Field]
		if on, is := k.Switch(to); is && on && !required && strings.HasPrefix(k.Field, "password.require.") {
			sentence, required = weak["password.require"], true
		}
		if sentence != "" {
			value += ". " + sentence
		}
		facts = append(facts, op.Fact{Label: k.Label, Value: value})
	}
	return facts
}
