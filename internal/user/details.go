package user

import (
	"regexp"
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/text"
)

var (
	bornForm    = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	countryForm = regexp.MustCompile(`^[A-Z]{2}$`)
)

// maxAddress is more than any envelope holds.
const maxAddress = 500

// CleanDetails brings the address into the form in which it is kept, and says what is wrong with it, with the birthday and with the
// country. Whoever makes or changes an account asks here, so that nothing comes in by one way that the other refuses.
func (u *User) CleanDetails(now time.Time, wrong *errs.Wrong) {
	if u.Born != "" {
		born, err := time.Parse(time.DateOnly, u.Born)
		switch {
		case err != nil || !bornForm.MatchString(u.Born):
			wrong.Add("born", "Write the birthday as year, month and day: 1990-04-20.")
		case born.After(now) || born.Year() < 1900:
			wrong.Add("born", "A birthday lies between 1900 and today.")
		}
	}
	if u.Country != "" && !countryForm.MatchString(u.Country) {
		wrong.Add("country", "Write the country as two letters, such as GB.")
	}
	if address, err := text.CleanLines(u.Address, maxAddress); err != nil {
		wrong.Add("address", "%s", err)
	} else {
		u.Address = address
	}
}
