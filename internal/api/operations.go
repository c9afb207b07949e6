package api

import (
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/user"
)

// Operations are the questions that only programs ask. The others are where their domain is.
var Operations = []op.Operation{rolesList, permissionsList, grantsOf, accessCheck, accessExplain, jobShow, jobCancel, vouch}

// rolesList gives the roles as data.
var rolesList = &op.Query[op.None, []*access.Role]{
	Name: "role.list", Summary: "List the roles", Allow: access.RolesView,
	Do: func(v *op.View, _ op.None) ([]*access.Role, error) {
		v.Nodes(access.RolesView) // the door has asked whether it is held anywhere; the built-in roles are the same everywhere
		return access.BuiltIn, nil
	},
}

// permissionsList gives the catalogue. Everybody who is known may read it: it is public knowledge.
var permissionsList = &op.Query[op.None, []access.Permission]{
	Name: "permission.list", Summary: "List the permissions", Own: true,
	Do: func(v *op.View, _ op.None) (all []access.Permission, err error) {
		for p := range access.Permissions {
			all = append(all, p)
		}
		return all, v.Signed()
	},
}

// grantsOf gives every grant that a person ever had, newest first.
var grantsOf = &op.Query[user.ID, []role.Grant]{
	Name: "grant.list", Summary: "List the grants of a person, with those that have ended", Allow: access.StaffRolesView,
	Do: func(v *op.View, id user.ID) ([]role.Grant, error) {
		u, err := user.Find(v, id)
		if err != nil {
			return nil, err
		}
		if err := v.Require(access.StaffRolesView, u); err != nil {
			return nil, err
		}
		return role.History(v, string(id))
	},
}
