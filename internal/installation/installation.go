// Package installation is what an operator does to the whole of it: copy it, and put a copy in its place. The files are the
// business of kernel/backup; here is what the log says of it.
package installation

import (
	"strconv"
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// Operations is what can be done to an installation.
var Operations = []op.Operation{Backup, Restored}

// Copy names the copy that is about to be made.
type Copy struct {
	File string `json:"file"` // its name without the folder
}

// Backup notes that everything is about to be copied. It comes before the copy, so that no copy exists that the log does not know.
var Backup = &op.Action[Copy, op.Place, op.None]{
	Name: "installation.backup", Summary: "Copy the whole installation into a backup", Allow: access.SystemBackup,
	Target: func(*op.Tx, Copy) (op.Place, error) { return op.Installation, nil },
	Do: func(tx *op.Tx, _ op.Place, in Copy) (op.None, error) {
		if err := atTheMachine(tx); err != nil {
			return op.None{}, err
		}
		tx.Note("file", short(in.File))
		return op.None{}, nil
	},
}

// Replay is how a restore ended.
type Replay struct {
	Backup  string    `json:"backup"`
	MadeAt  time.Time `json:"made_at"`
	Erased  int       `json:"erased"`  // persons who were in the backup, and were erased again
	Journal bool      `json:"journal"` // false: the operator went on without
}

// Restored notes that a backup took the place of what was there. It is the first entry after those that the backup has.
var Restored = &op.Action[Replay, op.Place, op.None]{
	Name: "installation.restore", Summary: "Put a backup in the place of the installation", Allow: access.SystemBackup,
	Target: func(*op.Tx, Replay) (op.Place, error) { return op.Installation, nil },
	Do: func(tx *op.Tx, _ op.Place, in Replay) (op.None, error) {
		if err := atTheMachine(tx); err != nil {
			return op.None{}, err
		}
		tx.Note("backup", short(in.Backup))
		tx.Note("made_at", in.MadeAt.UTC().Format(time.RFC3339))
		tx.Note("erased_again", strconv.Itoa(in.Erased))
		if !in.Journal {
			tx.Note("journal", "missing")
		}
		return op.None{}, nil
	},
}

// ErrAtTheMachine refuses to note what nobody did.
var ErrAtTheMachine = errs.New(errs.Conflict, "at_the_machine", "Backups are made and restored at the command line of the machine: `steward backup`, `steward restore`.")

// atTheMachine refuses everybody else: who does not make the copy must not make the entry.
func atTheMachine(tx *op.Tx) error {
	if tx.Caller().Kind != op.Operator {
		return ErrAtTheMachine
	}
	return nil
}

// short keeps a name to what an entry of the log should hold.
func short(name string) string {
	const most = 120
	if r := []rune(name); len(r) > most {
		return string(r[:most]) + "…"
	}
	return name
}
