package api

import (
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
)

// Viewing is a member of staff who looks through a person's eyes now.
type Viewing struct {
	Session  string           `json:"session" example:"ses_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Audience session.Audience `json:"audience" enum:"account,company" description:"Whose screens they see: the person's own account, or the company panel."`
	Actor    user.ID          `json:"actor" example:"usr_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Name     string           `json:"actor_name" example:"Bruno Castell"`
	Since    Time             `json:"since"`
	Until    Time             `json:"until"`
	Writes   bool             `json:"writes" description:"They may also change what the person could."`
}

// Viewings are all of them.
type Viewings struct {
	Data []Viewing `json:"data"`
}

// Ended is how many impersonations were ended.
type Ended struct {
	Ended int `json:"ended"`
}

// impersonations can be seen and ended here. One begins at the desk, in the session of somebody who is signed in.
func impersonations(t *table) {
	Query(t, "GET /v1/users/{user}/impersonation", auth.Impersonations, by(func(u user.ID) user.ID { return u }),
		func(_ *Call, _ userPath, all []auth.Viewing) (Viewings, error) {
			return Viewings{mapped(all, func(v auth.Viewing) Viewing {
				return Viewing{v.Session, v.Audience, v.Actor, v.Name, Time(v.Since), Time(v.Ends), v.Writes}
			})}, nil
		})
	Action(t, "DELETE /v1/users/{user}/impersonation", auth.EndImpersonations, by(func(u user.ID) user.ID { return u }),
		func(_ *Call, _ userPath, n int) (Ended, error) { return Ended{n}, nil })
}
