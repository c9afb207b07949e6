package web

import (
	"net/http"
	"strings"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/web/ui"
)

// ErrNotSetUp is the answer of every page until the first Super Admin has been made.
var ErrNotSetUp = errs.New(errs.Unavailable, "not_set_up", "This installation waits for its first Super Admin. Open the setup link that the server printed when it started; a new one is printed at every start until then.")

// waits refuses everything but /setup, health and static files until somebody holds the Super Admin role (security.md A-LOG 12).
// The role is never lost again, so once seen it is not asked again.
func (s *Site) waits(r *http.Request) error {
	path := r.URL.Path
	if s.claimed.Load() || path == "/setup" || path == "/healthz" || path == "/readyz" || strings.HasPrefix(path, ui.StaticPrefix) {
		return nil
	}
	claimed, err := s.Claimed(r)
	if err == nil && !claimed {
		err = ErrNotSetUp
	}
	return err
}

// Claimed says whether the installation has had its first Super Admin.
func (s *Site) Claimed(r *http.Request) (bool, error) {
	if s.claimed.Load() {
		return true, nil
	}
	claimed, err := account.Claimed(s.Door.Store().Read(r.Context()))
	if err != nil {
		return false, outage(err)
	}
	if claimed {
		s.claimed.Store(true)
	}
	return claimed, nil
}
