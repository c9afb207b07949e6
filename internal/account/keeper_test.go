package account_test

import (
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/user"
)

// TestOneSuperAdminAlwaysStays: fifty at once take the last two Super Admins away in every way there is, round after round. Who
// they were is put back in between; in each round exactly one stays. STEWARD_SOAK=1 goes on for longer.
func TestOneSuperAdminAlwaysStays(t *testing.T) {
	rounds := 2
	if os.Getenv("STEWARD_SOAK") != "" {
		rounds = 50
	}
	each(t, func(t *testing.T, d *desk) {
		root := op.HostOperator("root") // needs no code, and is held to the last keeper like everybody
		people := []user.ID{d.member("ada"), d.member("marcus")}
		ways := map[string]func(u user.ID) error{
			"deactivate": func(u user.ID) error { return done(d, root, account.Deactivate, account.Of(u)) },
			"suspend":    func(u user.ID) error { return done(d, root, account.Suspend, d.suspension(u)) },
			"ban": func(u user.ID) error {
				return done(d, root, account.Ban, account.Exclusion{User: u, Reason: "Abuse"})
			},
			"delete": func(u user.ID) error { return done(d, root, privacy.Delete, privacy.Who{User: u}) },
			"demote": func(u user.ID) error {
				return done(d, root, account.ChangeRole, account.RoleChange{User: u, Assignment: d.roleOf(access.ReadOnly, "aurora")})
			},
		}
		var names []string
		for name := range ways {
			names = append(names, name)
		}
		for round := range rounds {
			outcomes := make([]error, 50)
			var wg sync.WaitGroup
			for i := range outcomes {
				wg.Go(func() { outcomes[i] = ways[names[(i/2+round)%len(names)]](people[i%2]) })
			}
			wg.Wait()
			refused := 0
			for _, err := range outcomes {
				switch code := codeOf(err); code {
				case "last_admin":
					refused++
				case "", "status_move", "not_found", "banned":
				default:
					t.Errorf("round %d: %v", round, err)
				}
			}
			n := d.number(`select count(distinct u.id) from users u join grants g on g.user_id = u.id
				where u.status = 'active' and g.role = 'super_admin' and g.scope = 'platform' and g.ended_at = 0`)
			if n != 1 || refused == 0 {
				t.Fatalf("round %d: %d Super Admins are left, %d attempts were refused for that", round, n, refused)
			}
			people = d.twoAgain(people, root)
		}
		d.verify()
	})
}

// twoAgain makes a second Super Admin in place of the one who went.
func (d *desk) twoAgain(people []user.ID, root *op.Caller) []user.ID {
	d.t.Helper()
	var kept []user.ID
	for _, id := range people {
		if d.number(`select count(*) from users u join grants g on g.user_id = u.id where u.id = $1 and u.status = 'active'
				and g.role = 'super_admin' and g.ended_at = 0`, string(id)) > 0 {
			kept = append(kept, id)
		}
	}
	d.admins++
	in := account.NewAdmin{Email: "admin" + string(rune('a'+d.admins)) + "@platform.example", FirstName: "Next", LastName: "Admin"}
	made, err := op.Do(d.t.Context(), d.Door, root, account.CreateAdmin, in)
	if err != nil {
		d.t.Fatal(err)
	}
	return append(kept, made.User)
}

func done[In any, T op.Target, Out any](d *desk, c *op.Caller, a *op.Action[In, T, Out], in In) error {
	_, err := op.Do(d.t.Context(), d.Door, c, a, in)
	return err
}

func codeOf(err error) string {
	var e *errs.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
