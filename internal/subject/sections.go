package subject

import (
	"github.com/stewardhq/steward/internal/kernel/access"
)

// Section is one part of the package: a CSV file and a JSON file by its name.
type Section struct {
	Name   string
	What   string              // for the README
	Tables []string            // whose rows about people it tells
	Needs  []access.Permission // of somebody else; none: what the package itself needs
	from   source
	staff  []string // columns that colleagues are shown and the person is not
	where  []string // columns that tell where the person was: of somebody else they need users.sessions
}

// Sections is everything that is kept about a person. A table that is new adds a line, here or in Elsewhere.
var Sections = []Section{
	{
		Name: "account", What: "The account: name, addresses, status, dates.", Tables: []string{"users"},
		staff: []string{"status_reason"},
		from: rows("users", "id = $id", "num:int", "id brand_id=brand status status_since:time status_until:time status_message status_reason "+
			"first_name last_name email email_verified_at:time phone phone_verified_at:time born address country theme "+
			"registered_at:time last_seen_at:time created_at:time updated_at:time"),
	},
	{
		Name: "external_ids", What: "What other systems call the person.", Tables: []string{"external_ids"},
		from: rows("external_ids", "user_num = $num", "source external_id", "source external_id"),
	},
	{
		Name: "customer", What: "The customer account: since when, and spend on a previous platform.", Tables: []string{"customers"},
		from: rows("customers", "user_num = $num", "user_num:int", "location_id=home_location imported:money imported_from imported_at:time created_at:time"),
	},
	{
		Name: "statistics", What: "What is counted from orders: totals, tier, favourite category.", Tables: []string{"people"},
		Needs: []access.Permission{access.CustomersPurchases, access.CustomersFinancials},
		from: rows("people", "num = $num", "num:int", "orders:int gross:money refunds:int refunded:money imported:money lifetime:money "+
			"first_order_at:time last_order_at:time tier:int tier_until:time favourite favourite_share:int"),
	},
	{
		Name: "categories", What: "How much was bought in which category.", Tables: []string{"customer_categories"},
		Needs: []access.Permission{access.CustomersPurchases},
		from:  rows("customer_categories", "user_num = $num", "category", "category lines:int spend:money"),
	},
	{
		Name: "orders", What: "Every order.", Tables: []string{"orders"}, Needs: []access.Permission{access.CustomersPurchases},
		from: rows("orders", "user_num = $num", "placed_at:int num:int", "id source external_id location_id=location status placed_at:time "+
			"total:money line_count:int created_at:time updated_at:time"),
	},
	{
		Name: "order_lines", What: "What was in the orders.", Tables: []string{"orders"}, Needs: []access.Permission{access.CustomersPurchases},
		from: orderLines,
	},
	{
		Name: "refunds", What: "Money that went back.", Tables: []string{"refunds"}, Needs: []access.Permission{access.CustomersPurchases},
		from: rows("refunds", "user_num = $num", "refunded_at:int num:int", "id source external_id order_external_id refunded_at:time amount:money reason created_at:time"),
	},
	{
		Name: "sessions", What: "Where the person is or was signed in, themself.", Tables: []string{"sessions"}, Needs: []access.Permission{access.UsersSessions},
		from: rows("sessions", "user_id = $id and actor_id = ''", "created_at:int id", "id audience ip_box:sealed=ip agent_box:sealed=user_agent country device "+
			"created_at:time last_seen_at:time ends_at:time ended_at:time ended_why"),
	},
	{
		Name: "sign_ins", What: "Every attempt to sign in.", Tables: []string{"sign_ins"}, Needs: []access.Permission{access.UsersSessions},
		from: rows("sign_ins", "user_id = $id", "at:int id", "at:time outcome method ip_box:sealed=ip country device"),
	},
	{
		Name: "passkeys", What: "Passkeys, by the names that the person gave them.", Tables: []string{"passkeys"}, Needs: []access.Permission{access.UsersSessions},
		from: rows("passkeys", "user_id = $id", "made_at:int id", "id name made_at:time used_at:time"),
	},
	{
		Name: "authenticators", What: "Authenticator apps, by the names that the person gave them.", Tables: []string{"totps"}, Needs: []access.Permission{access.UsersSessions},
		from: rows("totps", "user_id = $id", "made_at:int id", "id name made_at:time used_at:time"),
	},
	{
		Name: "devices", What: "Devices that were signed in with, and since when.", Tables: []string{"known_devices"}, Needs: []access.Permission{access.UsersSessions},
		from: rows("known_devices", "user_id = $id", "made_at:int token_hash", "audience made_at:time"),
	},
	{
		Name: "invitations", What: "Invitations to the person.", Tables: []string{"invitations"},
		from: rows("invitations", "user_id = $id", "created_at:int id", "id address_box:sealed=address role message_box:sealed=message sent_at:time expires_at:time accepted_at:time revoked_at:time created_at:time"),
	},
	{
		Name: "consents", What: "What the person agreed to and took back, with the proof.", Tables: []string{"consents"},
		where: []string{"ip"},
		from:  rows("consents", "user_id = $id", "n:int", "id purpose given:bool at:time source text=text_version ip_box:sealed=ip"),
	},
	{
		Name: "deletion_requests", What: "That the person asked to be deleted, and what became of it.", Tables: []string{"deletion_requests"},
		Needs: []access.Permission{access.UsersArchive},
		from:  rows("deletion_requests", "user_id = $id", "asked_at:int id", "id state reason_box:sealed=reason answer_box:sealed=answer asked_at:time due_at:time closed_at:time"),
	},
	{
		Name: "mails", What: "Mail that was sent to the person: what about, never codes or links.", Tables: []string{"mails"},
		from: rows("mails", "user_id = $id", "made_at:int id", "id kind to_box:sealed=to letter_box:subject=subject state made_at:time sent_at:time"),
	},
	{
		Name: "roles", What: "Roles held as staff.", Tables: []string{"grants"}, Needs: []access.Permission{access.StaffRolesView},
		from: rows("grants", "user_id = $id", "given_at:int id", "id role scope adds removes from_at:time until_at:time given_at:time ended_at:time"),
	},
	{
		Name: "api_keys", What: "API keys that act for the person.", Tables: []string{"api_keys"}, Needs: []access.Permission{access.APIKeysManage},
		from: rows("api_keys", "owner_id = $id", "created_at:int id", "id name scope source permissions unattended created_at:time expires_at:time revoked_at:time last_used_at:time"),
	},
	{
		Name: "exports", What: "Files that the person asked for.", Tables: []string{"exports"},
		from: rows("exports", "person = $id", "made_at:int id", "id kind columns purpose state line_count:int=rows made_at:time ready_at:time expires_at:time"),
	},
	{
		Name: "audit", What: "What the audit log says was done to the account, with the person's own values before and after.",
		Tables: []string{"audit_events", "audit_subjects"}, Needs: []access.Permission{access.AuditView, access.AuditExport},
		from: auditLog,
	},
}

// Elsewhere are tables that name people and have no section, each with the reason.
var Elsewhere = map[string]string{
	"people_search":    "the words of the account, folded for searching",
	"staff_emails":     "the address of the account once more, so that it is unique",
	"credentials":      "the hash of a password and counters of failures: nothing that a person could read",
	"links":            "hashes of links that are good once; that one was asked for stands in the audit log",
	"tickets":          "hashes of sign-ins that are half done, for minutes",
	"step_ups":         "confirmations that wait for minutes; what became of them stands in the audit log",
	"totp_offers":      "an authenticator app that is being set up, for minutes",
	"recovery_codes":   "hashes of codes; the codes themselves are nowhere",
	"ceremonies":       "questions to a passkey that wait for their answer, for minutes",
	"sign_in_codes":    "hashes of codes that let in once, for minutes",
	"address_changes":  "a new address that waits a day to be confirmed; that it was asked for stands in the audit log",
	"address_reverts":  "the way back to an address of before, for 72 hours; the change stands in the audit log",
	"sign_ups":         "a registration that waits for its address; who confirms it has an account, and is in it",
	"old_passwords":    "hashes of passwords that may not be used again",
	"hidden_persons":   "that somebody is archived; of the archived no package is made",
	"vaults":           "what an archived person was, sealed; of the archived no package is made",
	"mentions":         "which letters and step-ups to others tell about somebody, so that they can be taken back",
	"barred_addresses": "a keyed hash of an address that a ban keeps out; that somebody is banned stands in the account",
	"idempotency_keys": "answers to repeated calls, kept for days; what they did stands elsewhere",
}
