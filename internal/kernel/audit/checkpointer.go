package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// CheckpointFile is the usual name of the file with the signed checkpoints, in the data folder.
const CheckpointFile = "audit-checkpoints.jsonl"

// ErrAlarm means that a chain is not what was signed before. Nothing is repaired; people must look.
var ErrAlarm = errs.New(errs.Fault, "audit_alarm", "The audit log is not what was signed before. Run: steward audit verify.")

// Checkpointer signs the heads of the chains into a file outside the database, so that a cut tail and a rewritten chain are seen.
// Several processes may share the file.
type Checkpointer struct {
	DB   *store.DB
	Path string // of the checkpoint file
	Key  ed25519.PrivateKey
	Now  func() time.Time // time.Now
	Log  *slog.Logger     // what Run could not do; slog.Default

	mu   sync.Mutex
	seen int64                 // bytes of the file that were read
	last Checkpoint            // of the file
	hash string                // of its line
	of   map[string]Checkpoint // the last of each chain
}

// Run writes checkpoints every minute, and once more when ctx ends. It comes back after that.
func (c *Checkpointer) Run(ctx context.Context) {
	log := c.Log
	if log == nil {
		log = slog.Default()
	}
	write := func(ctx context.Context) {
		if _, err := c.Write(ctx); err != nil {
			log.Error("audit checkpoints", "error", err)
		}
	}
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			write(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			write(last)
			return
		}
	}
}

// Write signs the head of each chain that moved since its last checkpoint, and answers how many. They are on the disk when it
// comes back.
//
// A chain that is behind its last checkpoint, or no longer has the signed hash there, is an ErrAlarm and is signed all the same,
// as long as it agrees with itself: what comes after is anchored too, and the file keeps both as evidence. A head that does not
// agree with its entry is not signed.
func (c *Checkpointer) Write(ctx context.Context) (written int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, err := os.OpenFile(c.Path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return 0, fmt.Errorf("open the checkpoint file: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := lockFile(f); err != nil {
		return 0, fmt.Errorf("lock the checkpoint file: %w", err)
	}
	if err := c.catchUp(f); err != nil {
		return 0, fmt.Errorf("read the checkpoint file: %w", err)
	}
	var lines bytes.Buffer
	var alarms error
	last, hash, of := c.last, c.hash, map[string]Checkpoint{}
	err = c.DB.Snapshot(ctx, func(r store.Reader) error {
		heads, err := store.All(r, scanHead, "select chain, n, hash, at from audit_heads where n > 0 order by chain")
		if err != nil {
			return err
		}
		for _, h := range heads {
			before := c.of[h.chain]
			if before.N == h.n && before.Hash == hex.EncodeToString(h.hash) {
				continue
			}
			sign, alarm, err := compare(r, h, before)
			if err != nil {
				return err
			}
			alarms = errors.Join(alarms, alarm)
			if !sign {
				continue
			}
			last = Checkpoint{Number: last.Number + 1, Chain: h.chain, N: h.n, Hash: hex.EncodeToString(h.hash), At: c.now().UnixMilli(), Previous: hash}
			line := last.line(c.Key)
			hash = digest(line)
			of[h.chain] = last
			lines.Write(append(line, '\n'))
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("read the heads of the audit chains: %w", err)
	}
	if lines.Len() > 0 {
		if _, err := f.Write(lines.Bytes()); err != nil {
			return 0, errors.Join(alarms, fmt.Errorf("write the checkpoint file: %w", err))
		}
		if err := f.Sync(); err != nil {
			return 0, errors.Join(alarms, fmt.Errorf("write the checkpoint file: %w", err))
		}
		c.seen, c.last, c.hash = c.seen+int64(lines.Len()), last, hash
		for chain, checkpoint := range of {
			c.of[chain] = checkpoint
		}
	}
	return len(of), alarms
}

func (c *Checkpointer) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// compare says whether a head may be signed, and whether the chain still has what was signed before.
func compare(r store.Reader, h chainHead, before Checkpoint) (sign bool, alarm, err error) {
	stands, err := hashAt(r, h.chain, h.n)
	if err != nil {
		return false, nil, err
	}
	if !bytes.Equal(stands, h.hash) {
		return false, ErrAlarm.Because(fmt.Errorf("the head of chain %s does not agree with entry %d; it was not signed", h.chain, h.n)), nil
	}
	if before.N == 0 {
		return true, nil, nil
	}
	if h.n < before.N {
		return true, ErrAlarm.Because(fmt.Errorf("chain %s ends at %d, and checkpoint %d says %d", h.chain, h.n, before.Number, before.N)), nil
	}
	stands, err = hashAt(r, h.chain, before.N)
	if err == nil && hex.EncodeToString(stands) != before.Hash {
		alarm = ErrAlarm.Because(fmt.Errorf("entry %d of chain %s is not the one of checkpoint %d", before.N, h.chain, before.Number))
	}
	return true, alarm, err
}

// hashAt is the stored hash of an entry, or nothing.
func hashAt(r store.Reader, chain string, n int64) (hash []byte, err error) {
	hash, err = store.Value[[]byte](r.QueryRow("select hash from audit_events where chain = $1 and n = $2", chain, n))
	if errors.Is(err, store.ErrNoRows) {
		return nil, nil
	}
	return hash, err
}

type chainHead struct {
	chain string
	head
}

func scanHead(row store.Row) (h chainHead, err error) {
	return h, row.Scan(&h.chain, &h.n, &h.hash, &h.at)
}

// catchUp reads what was added to the file since the last time, by this process or another, and cuts off a last line that was
// not written to its end.
func (c *Checkpointer) catchUp(f *os.File) error {
	about, err := f.Stat()
	if err != nil {
		return err
	}
	if about.Size() < c.seen || c.of == nil { // a new process, or somebody put another file there
		c.seen, c.last, c.hash, c.of = 0, Checkpoint{}, "", map[string]Checkpoint{}
	}
	text, err := io.ReadAll(io.NewSectionReader(f, c.seen, about.Size()-c.seen))
	if err != nil {
		return err
	}
	whole := text[:bytes.LastIndexByte(text, '\n')+1]
	key := c.Key.Public().(ed25519.PublicKey)
	for line := range bytes.Lines(whole) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		c.hash = digest(line)
		if checkpoint, ok := readLine(line, key); ok { // another line is for Verify to tell about
			c.last, c.of[checkpoint.Chain] = checkpoint, checkpoint
		}
	}
	c.seen += int64(len(whole))
	if len(whole) < len(text) {
		return f.Truncate(c.seen)
	}
	return nil
}

// Anchors reads the checkpoints that this checkpointer wrote.
func (c *Checkpointer) Anchors() (*Anchors, error) {
	return ReadAnchors(c.Path, c.Key.Public().(ed25519.PublicKey))
}
