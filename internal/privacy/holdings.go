package privacy

import (
	"fmt"

	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// Holding is a table that keeps something of a person, and what becomes of it. Archive and Erase are what happens to the rows in the
// transaction of the archive and of the erasure:
//
//	""          nothing: there is nothing in it that tells who the person is, or it is sealed with their key (Keeps says which)
//	"delete"    the rows of the person are deleted
//	"empty"     their sealed and telling columns are emptied; the rows stay
//	"by hand"   archive.go, restore.go or erase.go do what one word cannot say
type Holding struct {
	Table   string
	Column  string // by which the rows of a person are found: their id, or their number (user_num, num)
	Keeps   string // what it keeps of them, for docs/privacy.md
	Archive string
	Erase   string

	delete func(tx *op.Tx, tail string, args ...any) (int64, error)
	empty  func(tx *op.Tx, tail string, args ...any) error
}

// Row is the holding as a line of the table in docs/privacy.md.
func (h *Holding) Row() string {
	word := func(step string) string {
		return map[string]string{untouched: "stays", deleted: "deleted", emptied: "emptied", byHand: "see below"}[step]
	}
	return "| `" + h.Table + "` | " + h.Keeps + " | " + word(h.Archive) + " | " + word(h.Erase) + " |"
}

const (
	untouched = ""
	deleted   = "delete"
	emptied   = "empty"
	byHand    = "by hand"
)

// Holdings are all tables that know of persons. Whoever adds a table with a column that names one adds it here; a test compares.
var Holdings = []Holding{
	{Table: "users", Column: "id", Keeps: "name, address, e-mail, telephone, birthday, country, status and its reasons", Archive: byHand, Erase: byHand},
	{Table: "vaults", Column: "user_id", Keeps: "what an archived person was, sealed", Archive: byHand, Erase: byHand},
	{Table: "hidden_persons", Column: "person", Keeps: "that they are hidden", Archive: byHand, Erase: byHand},
	{Table: "people_search", Column: "num", Keeps: "the words that search finds them by; once they are archived their id alone", Archive: byHand, Erase: byHand},
	{Table: "external_ids", Column: "user_num", Keeps: "ids by which other systems know them", Archive: byHand, Erase: deleted},
	{Table: "staff_emails", Column: "user_id", Keeps: "their address, while they are staff", Archive: byHand, Erase: deleted},
	{Table: "grants", Column: "user_id", Keeps: "which roles they held", Archive: byHand},
	{Table: "credentials", Column: "user_id", Keeps: "the hash of their password", Archive: deleted, Erase: deleted},
	{Table: "old_passwords", Column: "user_id", Keeps: "hashes of passwords that they had before", Archive: deleted, Erase: deleted},
	{Table: "totps", Column: "user_id", Keeps: "their authenticator apps, sealed", Archive: deleted, Erase: deleted},
	{Table: "totp_offers", Column: "user_id", Keeps: "an authenticator app that is being set up, sealed", Archive: deleted, Erase: deleted},
	{Table: "recovery_codes", Column: "user_id", Keeps: "hashes of their recovery codes", Archive: deleted, Erase: deleted},
	{Table: "passkeys", Column: "user_id", Keeps: "public keys of their devices", Archive: deleted, Erase: deleted},
	{Table: "ceremonies", Column: "user_id", Keeps: "questions to a passkey that wait for their answer", Archive: deleted, Erase: deleted},
	{Table: "tickets", Column: "user_id", Keeps: "sign-ins that are half done", Archive: deleted, Erase: deleted},
	{Table: "sign_in_codes", Column: "user_id", Keeps: "hashes of codes that let them in once", Archive: deleted, Erase: deleted},
	{Table: "code_failures", Column: "who", Keeps: "how many codes in a row were wrong", Archive: deleted, Erase: deleted},
	{Table: "known_devices", Column: "user_id", Keeps: "hashes of cookies of devices that they signed in with", Archive: deleted, Erase: deleted},
	{Table: "sign_ups", Column: "user_id", Keeps: "a registration that waits for its address; the name sealed", Archive: deleted, Erase: deleted},
	{Table: "links", Column: "user_id", Keeps: "hashes of links that let them in once", Archive: deleted, Erase: deleted},
	{Table: "address_changes", Column: "user_id", Keeps: "a new address that waits to be confirmed, sealed", Archive: deleted, Erase: deleted},
	{Table: "address_reverts", Column: "user_id", Keeps: "the way back to an address that they had, sealed, for 72 hours", Archive: deleted, Erase: deleted},
	{Table: "consents", Column: "user_id", Keeps: "what they agreed to and took back, as the proof of it; network address sealed", Archive: byHand},
	{Table: "deletion_requests", Column: "user_id", Keeps: "that they asked to be deleted, and what became of it; their words sealed", Archive: byHand},
	{Table: "invitations", Column: "user_id", Keeps: "to which role they were invited; address and message sealed", Archive: byHand, Erase: deleted},
	{Table: "sessions", Column: "user_id", Keeps: "where and with what they were signed in; network address and device sealed", Archive: byHand, Erase: deleted},
	{Table: "sign_ins", Column: "user_id", Keeps: "their sign-ins and failed tries; network address sealed", Erase: deleted},
	{Table: "api_keys", Column: "owner_id", Keeps: "keys of programs that act for them", Archive: byHand},
	{Table: "mails", Column: "user_id", Keeps: "mail to them: address and letter sealed", Archive: byHand, Erase: deleted},
	{Table: "mentions", Column: "person", Keeps: "which letters to others and which step-ups tell about them", Archive: byHand, Erase: deleted},
	{Table: "step_ups", Column: "person", Keeps: "what they were about to confirm, sealed", Archive: byHand, Erase: deleted},
	{Table: "idempotency_keys", Column: "principal", Keeps: "what their calls were answered", Archive: byHand, Erase: deleted},
	{Table: "exports", Column: "subject", Keeps: "files about them, sealed with a key of their own that is sealed for them", Archive: emptied, Erase: deleted},
	{Table: "exports", Column: "person", Keeps: "files that they asked for", Archive: emptied, Erase: deleted},
	{Table: "barred_addresses", Column: "user_id", Keeps: "a keyed hash of an address that a ban keeps out; it stays so that the ban holds"},
	{Table: "people", Column: "num", Keeps: "statistics for accounting, without a name"},
	{Table: "customers", Column: "user_id", Keeps: "that they are a customer, home location, imported spend"},
	{Table: "customer_categories", Column: "user_num", Keeps: "spend by category, for accounting"},
	{Table: "orders", Column: "user_num", Keeps: "orders, for accounting"},
	{Table: "refunds", Column: "user_num", Keeps: "refunds, for accounting"},
	{Table: "audit_events", Column: "person", Keeps: "what they did and what was done to them; personal values sealed"},
	{Table: "audit_subjects", Column: "subject_id", Keeps: "which entries are about them"},
	{Table: "job_runs", Column: "requested_by", Keeps: "which long jobs they asked for"},
}

// Rows as far as they are needed to delete and empty them. What they are for, their own packages say.
type (
	ofUser struct {
		User string `db:"user_id,key"`
	}
	ofPerson struct {
		Person string `db:"person,key"`
	}
	ofWho struct {
		Who string `db:"who,key"`
	}
	ofPrincipal struct {
		Principal string `db:"principal,key"`
	}
	ofNumber struct {
		Num int64 `db:"user_num,key"`
	}
	export struct {
		ID    string `db:"id,key"`
		State string `db:"state"`
		Key   string `db:"key_box"`
		Ask   string `db:"ask_box"`
	}
)

var exports = op.Bookkeeping[export]("exports")

func init() {
	for i := range Holdings {
		h := &Holdings[i]
		if h.Archive != deleted && h.Erase != deleted && h.Archive != emptied {
			continue
		}
		switch h.Column {
		case "user_id":
			h.delete = op.Bookkeeping[ofUser](h.Table).Clear
		case "who":
			h.delete = op.Bookkeeping[ofWho](h.Table).Clear
		case "principal":
			h.delete = op.Bookkeeping[ofPrincipal](h.Table).Clear
		case "user_num":
			h.delete = op.Bookkeeping[ofNumber](h.Table).Clear
		case "person":
			h.delete = op.Bookkeeping[ofPerson](h.Table).Clear
		}
		if h.Table == "exports" {
			h.delete, h.empty = exports.Clear, emptyExports
		}
		if h.delete == nil {
			panic("privacy: nobody knows how rows of " + h.Table + " are found")
		}
	}
}

// emptyExports takes the keys of files away: nobody opens them any more, and the shelf is tidied of them as of any that ran out.
func emptyExports(tx *op.Tx, tail string, args ...any) error {
	rows, err := exports.All(tx, tail, args...)
	for i := range rows {
		if err == nil {
			r := &rows[i]
			if r.State == "ready" || r.State == "waiting" || r.State == "running" {
				r.State = "expired"
			}
			r.Key, r.Ask = "", ""
			err = exports.Update(tx, r)
		}
	}
	return err
}

// sweep does to every table what its holding says for this step.
func sweep(tx *op.Tx, u *user.User, step func(*Holding) string) error {
	for i := range Holdings {
		h := &Holdings[i]
		var by any = string(u.ID)
		if h.Column == "user_num" || h.Column == "num" {
			by = u.Num
		}
		var err error
		switch tail := "where " + h.Column + " = $1"; step(h) {
		case deleted:
			_, err = h.delete(tx, tail, by)
		case emptied:
			err = h.empty(tx, tail, by)
		}
		if err != nil {
			return fmt.Errorf("what %s keeps of %s: %w", h.Table, u.ID, err)
		}
	}
	return nil
}
