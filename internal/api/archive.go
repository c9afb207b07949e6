package api

import (
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/user"
)

type (
	archiveUser struct {
		userPath
		Reason privacy.Reason `json:"reason" required:"true" enum:"gdpr_request,fraud,duplicate,other" description:"Stands in the audit log as it is."`
		Note   string         `json:"note,omitempty" description:"More about it, for the audit log: sealed for the person, so it is hidden and erased with them."`
	}
	restoreUser struct {
		userPath
		Reason string `query:"reason" json:"-" required:"true" description:"Kept in the audit log."`
	}
)

// Archived is somebody whose name, address and contacts read a placeholder everywhere.
type Archived struct {
	ID              user.ID        `json:"id" example:"usr_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Status          user.Status    `json:"status" enum:"archived"`
	Reason          privacy.Reason `json:"reason" enum:"gdpr_request,fraud,duplicate,other"`
	ArchivedAt      Time           `json:"archived_at"`
	ArchivedBy      string         `json:"archived_by"`
	RestorableUntil Time           `json:"restorable_until" description:"From this instant on nobody restores the person, and they are erased for good."`
}

// archives are the routes of an archive: PUT archives, DELETE restores.
func archives(t *table) {
	Action(t, "PUT /v1/users/{user}/archive", privacy.Archive,
		func(_ *Call, w archiveUser) (privacy.Archival, error) {
			return privacy.Archival{User: w.User, Reason: w.Reason, Note: w.Note}, nil
		},
		func(c *Call, w archiveUser, _ op.None) (out Archived, err error) {
			a, err := op.Ask(c.Context(), c.Door, c.Caller, privacy.Show, w.User)
			if err == nil && a != nil { // nil: restored in this very moment
				out = Archived{w.User, user.Archived, a.Reason, Time(a.At), a.By, Time(a.Until)}
			}
			return out, err
		})
	Action(t, "DELETE /v1/users/{user}/archive", privacy.Restore,
		func(_ *Call, w restoreUser) (privacy.Return, error) {
			return privacy.Return{User: w.User, Reason: w.Reason}, nil
		},
		func(c *Call, w restoreUser, _ op.None) (Person, error) { return c.person(w.User) })
}
