package record

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Watch verifies the whole log from time to time, so that screens can say when it was last found whole. One runs beside the server;
// `steward audit verify` says the same at any time.
type Watch struct {
	Store       *store.DB
	Checkpoints *audit.Checkpointer
	Every       time.Duration    // an hour
	Now         func() time.Time // time.Now
	Log         *slog.Logger     // slog.Default

	mu   sync.Mutex
	last Verified
}

// Verified is the outcome of a verification. The zero value: none has ended yet.
type Verified struct {
	At     time.Time
	Report *audit.Report
}

// Chain gives what was found out about one chain.
func (v Verified) Chain(id string) (audit.ChainReport, bool) {
	if v.Report != nil {
		for _, c := range v.Report.Chains {
			if c.Chain == id {
				return c, true
			}
		}
	}
	return audit.ChainReport{}, false
}

// Last is the latest verification.
func (w *Watch) Last() Verified {
	if w == nil {
		return Verified{}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

// Run verifies at once and then again and again, until ctx ends.
func (w *Watch) Run(ctx context.Context) {
	every := w.Every
	if every == 0 {
		every = time.Hour
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if _, err := w.Verify(ctx); err != nil && ctx.Err() == nil {
			log := w.Log
			if log == nil {
				log = slog.Default()
			}
			log.Error("the audit log could not be verified", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Verify verifies now.
func (w *Watch) Verify(ctx context.Context) (Verified, error) {
	now := time.Now
	if w.Now != nil {
		now = w.Now
	}
	began := now()
	anchors, err := w.Checkpoints.Anchors()
	if err != nil {
		return Verified{}, err
	}
	report, err := audit.Verify(ctx, w.Store, anchors)
	if err != nil {
		return Verified{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = Verified{At: began, Report: report}
	return w.last, nil
}

// tail is how much of the end of the checkpoint file is looked through for the newest checkpoints.
const tail = 64 << 10

// Newest gives the newest checkpoint of each chain, as far as it stands near the end of the file. It is read for people to copy;
// that it holds, Verify says.
func (w *Watch) Newest() (map[string]audit.Checkpoint, error) {
	newest := map[string]audit.Checkpoint{}
	if w == nil {
		return newest, nil
	}
	f, err := os.Open(w.Checkpoints.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return newest, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	about, err := f.Stat()
	if err != nil {
		return nil, err
	}
	lines := bufio.NewReader(io.NewSectionReader(f, max(0, about.Size()-tail), tail))
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return newest, nil
		}
		if err != nil {
			return nil, err
		}
		var c audit.Checkpoint
		if json.Unmarshal(bytes.TrimSpace(line), &c) == nil && c.Chain != "" {
			newest[c.Chain] = c
		}
	}
}
