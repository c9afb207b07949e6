package api

import (
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// Role is a named set of permissions.
type Role struct {
	Key         string   `json:"key" example:"hub_admin"`
	Name        string   `json:"name" example:"Hub Admin"`
	Summary     string   `json:"summary"`
	For         string   `json:"for" enum:"staff,company_user,customer" description:"What its holder is."`
	Highest     string   `json:"highest" enum:"platform,brand,location,company" description:"The highest place at which it may be held."`
	Adjustable  bool     `json:"adjustable" description:"Grants of it may add permissions and take some away."`
	Kept        bool     `json:"kept" description:"Its last holder at a place cannot lose it."`
	Permissions []string `json:"permissions"`
	Limits      Limits   `json:"limits"`
}

// Limits are the conditions on a role's permissions.
type Limits struct {
	People         []string `json:"people,omitempty" description:"The only kinds of person whom its users.* permissions reach."`
	Everyone       []string `json:"everyone,omitempty" description:"The users.* permissions that reach everybody all the same."`
	Own            []string `json:"own,omitempty" description:"Permissions that hold only for what is the holder's own."`
	ExportRows     int      `json:"export_rows,omitempty" description:"The most rows of one export of people."`
	ExportPurposes []string `json:"export_purposes,omitempty" description:"The only purposes of an export of people."`
}

// Permission is one thing that somebody may do.
type Permission struct {
	Name      string `json:"name" example:"orders.refund"`
	Label     string `json:"label" example:"Refund orders"`
	Area      string `json:"area" example:"orders"`
	AreaLabel string `json:"area_label" example:"Orders"`
}

type rolePath struct {
	Role string `path:"role" json:"-" description:"Key of the role."`
}

func showRole(r *access.Role) Role {
	out := Role{
		Key: r.Key, Name: r.Name, Summary: r.Summary, For: r.For.String(), Highest: r.Highest.String(),
		Adjustable: r.Adjustable(), Kept: r.Kept, Permissions: r.Set.Names(),
		Limits: Limits{
			Everyone: r.Limits.Everyone.Names(), Own: r.Limits.Own.Names(), ExportRows: r.Limits.ExportRows, ExportPurposes: r.Limits.ExportPurposes,
		},
	}
	for _, kind := range r.Limits.People.List() {
		out.Limits.People = append(out.Limits.People, kind.String())
	}
	return out
}

func showPermission(p access.Permission) Permission {
	return Permission{p.String(), p.Label(), string(p.Area()), p.Area().Label()}
}

func roles(t *table) {
	Query(t, "GET /v1/roles", rolesList, nothing[Page],
		func(c *Call, p Page, all []*access.Role) (List[Role], error) {
			return paged(c, mapped(all, showRole), p, func(r *Role) string { return r.Key }, "")
		})
	Query(t, "GET /v1/roles/{role}", rolesList, nothing[rolePath],
		func(_ *Call, w rolePath, all []*access.Role) (Role, error) {
			for _, r := range all {
				if r.Key == w.Role {
					return showRole(r), nil
				}
			}
			return Role{}, errs.ErrNotFound
		}, says("Show a role"))
	Query(t, "GET /v1/permissions", permissionsList, func(*Call, Page) (op.None, error) { return op.None{}, nil },
		func(c *Call, p Page, all []access.Permission) (List[Permission], error) {
			return paged(c, mapped(all, showPermission), p, func(p *Permission) string { return p.Name }, "")
		})
}
