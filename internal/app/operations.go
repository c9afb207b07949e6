package app

import (
	"slices"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/api"
	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/commerce/importing"
	"github.com/stewardhq/steward/internal/consent"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/export"
	"github.com/stewardhq/steward/internal/installation"
	"github.com/stewardhq/steward/internal/invite"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/record"
	"github.com/stewardhq/steward/internal/security"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/subject"
)

// Operations is the catalogue: everything that can change or read state, one line for each domain. Read this first.
func Operations() []op.Operation {
	return slices.Concat(
		security.Operations,
		brand.Operations,
		session.Operations,
		mailing.Operations,
		consent.Operations,
		auth.Operations,
		invite.Operations,
		account.Operations,
		apikey.Operations,
		export.Operations,
		customer.Operations,
		commerce.Operations,
		importing.Operations,
		directory.Operations,
		record.Operations,
		subject.Operations,
		privacy.Operations,
		installation.Operations,
		api.Operations,
	)
}
