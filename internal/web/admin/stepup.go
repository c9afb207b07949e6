package admin

import (
	"strings"

	"github.com/stewardhq/steward/internal/web"
)

// afterwards are operations whose outcome is shown instead of the page behind: what can be seen only once.
var afterwards = map[string]func(v *web.Visit, out any) error{}

func stepUpPages(r routes) { (&web.StepUps{Afterwards: afterwards}).Routes(r.below) }

// below hangs up a page that every audience has, at its address below /admin.
func (r routes) below(pattern string, h web.Handler) {
	method, path, _ := strings.Cut(pattern, " ")
	r.staff(method+" /admin"+path, h)
}
