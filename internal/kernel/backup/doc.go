// Package backup copies a whole installation into files and back.
//
// A backup is three files, all for their owner alone:
//
//	FILE          the database and the audit checkpoints in a zip file, encrypted with age to a key made for this backup only
//	FILE.keys     a header in plain JSON, the keys of persons as they lie in the key store, and, sealed with the master key,
//	              the key that opens FILE and what verifies both files
//	FILE.journal  the erasure journal as it was
//
// Neither of the first two opens anything alone, nor do both without the master key, which is in none. FILE is a plain age file
// with a plain zip file in it: the key in FILE.keys is all that is particular about it.
//
// A person who was erased is readable from FILE, FILE.keys and the master key of an older backup: so FILE.keys is to be kept for
// days, not for as long as FILE, and a restored installation serves nobody before the journal of erasures was replayed. Until
// then it has a table, restore_pending, which is what "restored, and not ready" means.
//
// Start with make.go; open.go verifies before anything is touched; restore.go loads; swap.go puts files in place so that a kill
// leaves the old ones or the new ones.
package backup

import (
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Format is what this package writes and reads.
const Format = "steward backup 1"

// The endings of the files that belong to FILE.
const (
	KeysEnding    = ".keys"
	JournalEnding = ".journal"
	draftEnding   = ".tmp"
)

// Header is the first line of FILE.keys: what a backup holds. It is believed only together with the seal at the end.
type Header struct {
	Format    string         `json:"format"`
	ID        string         `json:"id"`
	MadeAt    time.Time      `json:"made_at"`
	Engine    string         `json:"engine"` // SQLite or PostgreSQL
	Schema    int64          `json:"schema"` // last migration of the tables,
	Queue     int            `json:"queue"`  // of the job queue,
	KeyStore  int64          `json:"key_store"`
	Tables    []store.Copied `json:"tables"`
	Bytes     int64          `json:"bytes"` // of FILE
	SHA256    string         `json:"sha256"`
	Recipient string         `json:"recipient"` // age public key that FILE is encrypted to
}

// Rows counts the rows of a table.
func (h *Header) Rows(table string) int64 {
	for _, t := range h.Tables {
		if t.Table == table {
			return t.Rows
		}
	}
	return 0
}

// seal is what the master key closes at the end of FILE.keys.
type seal struct {
	Identity string `json:"identity"` // opens FILE
	Above    string `json:"above"`    // SHA-256 of every byte of FILE.keys before the seal
	Keys     int64  `json:"keys"`
	AuditKey []byte `json:"audit_key,omitempty"` // signs checkpoints: 32 bytes
}

// sealed is the last line of FILE.keys.
type sealed struct {
	Seal string `json:"seal"`
}

// What a backup or a restore refuses. In each case nothing was changed.
var (
	ErrThere     = errs.New(errs.Conflict, "backup_exists", "There is a file with this name already. Choose another name: a backup never writes over anything.")
	ErrRunning   = errs.New(errs.Conflict, "backup_running", "Another backup of this installation is being made. Wait until it has ended.")
	ErrNoFile    = errs.New(errs.Invalid, "backup_missing", "One of the backup's files is missing. A restore needs FILE and FILE.keys beside it.")
	ErrFormat    = errs.New(errs.Invalid, "backup_format", "This is not a backup that this program can read. Give the file that `steward backup` wrote; FILE.keys belongs beside it.")
	ErrMaster    = errs.New(errs.Invalid, "backup_master_key", "The master key does not open this backup: it is another one, or FILE.keys was changed. Put the master key in place that was in use when the backup was made (STEWARD_MASTER_KEY_FILE). Nothing was changed.")
	ErrDamaged   = errs.New(errs.Invalid, "backup_damaged", "The backup is damaged: the file is not as it was written. Take another copy of it. Nothing was changed.")
	ErrOther     = errs.New(errs.Invalid, "backup_other_keys", "FILE.keys belongs to another backup, or the beginning of FILE is damaged. Put the two side by side that were made together. Nothing was changed.")
	ErrEngine    = errs.New(errs.Invalid, "backup_engine", "The backup was made on the other kind of database. Restore it on the kind it was made on: STEWARD_DATABASE says which. Nothing was changed.")
	ErrNotEmpty  = errs.New(errs.Conflict, "restore_not_empty", "There is an installation here already. To lose it for the backup, add --replace; back it up before. Nothing was changed.")
	ErrInUse     = errs.New(errs.Conflict, "restore_in_use", "Steward runs on this installation. Stop every server and command that uses it, then restore. Nothing was changed.")
	ErrCounts    = errs.New(errs.Invalid, "backup_counts", "What was loaded is not what the backup says it holds. The installation is as it was before.")
	ErrNewer     = errs.New(errs.Invalid, "backup_newer", "The backup was made by a newer Steward. Restore it with that version or a later one. Nothing was changed.")
	ErrNoJournal = errs.New(errs.Invalid, "journal_missing", "There is no erasure journal, so nobody knows who was erased since the backup. Give the newest one with --journal, or accept with --accept-erased-data-risk that erased people may be back. Nothing was changed.")
)
