package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/user"
)

var accessExplainCommand = &command{
	name: "access explain", summary: "Say whether somebody may do something somewhere, and why",
	example: "steward access explain --user kim@aurora.example --permission customers.edit --scope brand/aurora/location/York",
	set: func(f *flag.FlagSet) action {
		config, asJSON := configured(f), inJSON(f)
		who := f.String("user", "", "e-mail address or id of the person")
		permission := f.String("permission", "", "name of the permission, such as customers.edit")
		scope := f.String("scope", "platform", "place: platform, brand/B or brand/B/location/L, with ids or names")
		kind := f.String("person", "anybody", "whom the act is about: customer, company, staff, self, thing or anybody")
		return func(ctx context.Context, t Terminal, _ []string) error {
			p, err := access.ParsePermission(*permission)
			if err != nil {
				return errUsage{fmt.Sprintf("--permission is %q: write one of docs/access.md, such as customers.edit", *permission)}
			}
			about, known := map[string]access.PersonKind{
				"customer": access.Customer, "company": access.CompanyUser, "staff": access.Staff, "self": access.Self, "thing": access.Everybody, "anybody": access.Somebody,
			}[*kind]
			switch {
			case !known:
				return errUsage{fmt.Sprintf("--person is %q: write customer, company, staff, self, thing or anybody", *kind)}
			case *who == "":
				return errUsage{"--user is missing: write an e-mail address or an id"}
			}
			c, err := config(t)
			if err != nil {
				return err
			}
			return opened(ctx, t, c, Options{}, func(a *App) error {
				r := a.Store.Read(ctx)
				u, err := findPerson(r, *who)
				if err != nil {
					return err
				}
				at, err := findPlace(r, *scope)
				if err != nil {
					return err
				}
				held, err := role.Held(r, string(u.ID))
				if err != nil {
					return err
				}
				e := held.Explain(time.Now().UnixMilli(), p, at, about)
				if *asJSON {
					return writeJSON(t.Out, e)
				}
				_, err = fmt.Fprint(t.Out, explained(r, u, e))
				return err
			})
		}
	},
}

// findPerson finds a person by id, or by an address that one account has.
func findPerson(r store.Reader, who string) (*user.User, error) {
	if strings.HasPrefix(who, "usr_") {
		u, err := user.Find(r, user.ID(who))
		if errors.Is(err, errs.ErrNotFound) {
			err = fmt.Errorf("nobody has the id %s", who)
		}
		return u, err
	}
	brands, err := brand.All(r)
	if err != nil {
		return nil, err
	}
	homes := []brand.ID{brand.Platform}
	for _, b := range brands {
		homes = append(homes, b.ID)
	}
	var found []*user.User
	for _, home := range homes {
		u, err := user.FindByEmail(r, home, who)
		if err == nil {
			found = append(found, u)
		} else if !errors.Is(err, errs.ErrNotFound) {
			return nil, err
		}
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("nobody has the address %s", who)
	case 1:
		return found[0], nil
	}
	for _, u := range found { // an address may be a customer's in several brands, and is staff's once
		if u.Kinds&user.IsStaff != 0 {
			return u, nil
		}
	}
	return nil, fmt.Errorf("%d accounts have the address %s: write the id of one, such as %s", len(found), who, found[0].ID)
}

// findPlace reads a place written with ids or with names: brand/aurora/location/York.
func findPlace(r store.Reader, text string) (access.Scope, error) {
	parts := strings.Split(text, "/")
	wrong := fmt.Errorf("there is no place %q: write platform, brand/B or brand/B/location/L", text)
	if text == "platform" {
		return access.Platform, nil
	}
	if parts[0] != "brand" || len(parts) != 2 && (len(parts) != 4 || parts[2] != "location") {
		return access.Scope{}, wrong
	}
	b, err := brand.FindBySlug(r, parts[1])
	if err != nil {
		return access.Scope{}, errors.Join(wrong, unless(err, errs.ErrNotFound))
	}
	if len(parts) == 2 {
		return b.ID.Scope(), nil
	}
	all, err := brand.LocationsOf(r, b.ID)
	for i := range all {
		if string(all[i].ID) == parts[3] || strings.EqualFold(all[i].Name, parts[3]) {
			return all[i].Scope(), nil
		}
	}
	return access.Scope{}, errors.Join(wrong, err)
}

func unless(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}

// explained puts an explanation into words: the answer, then what each grant has to say to it.
func explained(r store.Reader, u *user.User, e access.Explanation) string {
	var s strings.Builder
	name := u.Name()
	if name == "" {
		name = string(u.ID)
	}
	words := access.Words{Who: name, Place: func(at access.Scope) string { return brand.PlaceName(r, at) }}
	answer := "No. "
	if e.Allowed {
		answer = "Yes. "
	}
	s.WriteString(answer + e.Sentence(words) + "\n")
	if u.Status != user.Active {
		fmt.Fprintf(&s, "But the account is %s, so %s cannot sign in.\n", strings.ToLower(u.Status.Label()), name)
	}
	for _, step := range e.Steps {
		fmt.Fprintf(&s, "  %-14s at %-28s %s\n", step.Name, brand.PlaceName(r, step.Scope), strings.ReplaceAll(step.Verdict.String(), "_", " "))
	}
	return s.String()
}
