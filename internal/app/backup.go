package app

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/stewardhq/steward/internal/installation"
	"github.com/stewardhq/steward/internal/kernel/backup"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/schema"
)

var backupCommand = &command{
	name: "backup", args: "FILE", summary: "Copy everything, also of a running server, into encrypted files: FILE, FILE.keys, FILE.journal",
	example: "steward backup /mnt/backups/steward-2026-11-20",
	set: func(f *flag.FlagSet) action {
		config, asJSON := configured(f), inJSON(f)
		return func(ctx context.Context, t Terminal, words []string) error {
			c, err := config(t)
			if err != nil {
				return err
			}
			file, err := fileNamed(words[0])
			if err != nil {
				return err
			}
			return opened(ctx, t, c, Options{}, func(a *App) error {
				k := newTicker(t)
				made, err := a.Backup(ctx, file, k.told)
				k.end()
				if err != nil {
					return err
				}
				if *asJSON {
					return writeJSON(t.Out, backedUp(made))
				}
				_, err = fmt.Fprintf(t.Out, `Backed up %s, %s persons and %s orders, keys of %s persons
  %s  %s, encrypted
  %s  what opens it, together with the master key: keep it elsewhere, and delete it after 7 days
  %s  who was erased so far
The master key %s is in none of them.
`, kindOf(a.Config.Database), count(int(made.Rows("users"))), count(int(made.Rows("orders"))), count(int(max(0, made.Keys-1))),
					shown(made.Files[0]), size(made.Bytes), shown(made.Files[1]), shown(made.Files[2]), shown(a.Config.MasterKeyFile))
				return err
			})
		}
	},
}

// fileNamed makes a path whole, and wants a file's name and a folder that is there.
func fileNamed(word string) (string, error) {
	if word == "" || strings.HasSuffix(word, string(filepath.Separator)) {
		return "", errUsage{fmt.Sprintf("%q is not the name of a file", word)}
	}
	path, err := filepath.Abs(word)
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return "", fmt.Errorf("there is no folder %s: make it, or name another one", shown(filepath.Dir(path)))
	}
	return path, nil
}

// shown is a path as a terminal may be given it: one with characters that do something is quoted.
func shown(path string) string {
	if strings.ContainsFunc(path, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(path)
	}
	return path
}

// told shows how far a backup or a restore is.
func (k *ticker) told(done, all int64, what string) {
	if all == 0 && done == 0 {
		k.line(what)
		return
	}
	k.at(int(done), int(all), what)
}

// lastBackup is what the data folder remembers of the last backup.
type lastBackup struct {
	MadeAt time.Time `json:"made_at"`
	File   string    `json:"file"`
	Bytes  int64     `json:"bytes"`
	SHA256 string    `json:"sha256"`
}

// backedUp is the answer of --json.
func backedUp(made backup.Made) any {
	return struct {
		lastBackup
		Files  []string `json:"files"`
		Engine string   `json:"engine"`
		Schema int64    `json:"schema"`
		People int64    `json:"people"`
		Orders int64    `json:"orders"`
		Keys   int64    `json:"keys"`
	}{
		lastBackup{made.MadeAt, made.Files[0], made.Bytes, made.SHA256}, made.Files, made.Engine, made.Schema,
		made.Rows("users"), made.Rows("orders"), made.Keys,
	}
}

// Backup copies everything into three files. It is in the log before it happens.
func (a *App) Backup(ctx context.Context, file string, tell func(done, all int64, what string)) (made backup.Made, err error) {
	for _, ending := range []string{"", backup.KeysEnding, backup.JournalEnding} {
		if _, err := os.Lstat(file + ending); err == nil {
			return made, backup.ErrThere
		}
	}
	_, err = op.Do(ctx, a.Door, op.HostOperator("backup"), installation.Backup, installation.Copy{File: filepath.Base(file)})
	if err != nil {
		return made, err
	}
	made, err = backup.Make(ctx, backup.Source{
		Store: a.Store, Keys: a.Keys, Master: a.Master, Schema: schema.FS, Data: a.Config.Data,
		Journal: a.Journal.Path(), Checkpoints: a.Config.checkpoints(), AuditKey: a.Config.auditKey(), Tell: tell,
	}, file)
	if err != nil {
		return made, err
	}
	text, err := json.Marshal(lastBackup{made.MadeAt, file, made.Bytes, made.SHA256})
	if err != nil {
		return made, err
	}
	return made, writeWhole(backup.LastFile(a.Config.Data), append(text, '\n'))
}

// readLastBackup says when the last backup was made; ok is false when none is known of.
func readLastBackup(data string) (last lastBackup, ok bool, err error) {
	text, err := os.ReadFile(backup.LastFile(data))
	if errors.Is(err, fs.ErrNotExist) {
		return last, false, nil
	}
	if err != nil {
		return last, false, err
	}
	return last, true, json.Unmarshal(text, &last)
}
