package app

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/seed"
	"github.com/stewardhq/steward/internal/web"
)

var demoCommand = &command{
	name: "demo", summary: "Try Steward: make a filled installation and serve it", example: "steward demo --customers 50000 --dir ./try",
	set: func(f *flag.FlagSet) action {
		o := demoOptions{}
		f.StringVar(&o.listen, "listen", "127.0.0.1:8080", "address to listen on; the next free port when it is taken")
		f.StringVar(&o.dir, "dir", "", "folder of the demo; by default one below your cache folder")
		f.IntVar(&o.customers, "customers", 5000, "how many customers; 0 leaves the staff only")
		f.BoolVar(&o.fresh, "fresh", false, "throw away what the demo has, and make it anew")
		f.StringVar(&o.day, "as-of", "", "last day of its history, as 2026-11-20; today by default")
		return func(ctx context.Context, t Terminal, _ []string) error {
			f.Visit(func(f *flag.Flag) { o.said = append(o.said, f.Name) })
			return demo(ctx, t, o)
		}
	},
}

type demoOptions struct {
	listen, dir, day string
	customers        int
	fresh            bool
	said             []string // names of the flags that were given
}

// demoMark is the file that says that a folder is the demo's own.
type demoMark struct {
	MadeBy string    `json:"made_by"`
	Plan   seed.Plan `json:"plan"`
	Whole  bool      `json:"whole"`
}

const (
	demoMarkFile    = "steward-demo.json"
	credentialsFile = "credentials.json"
)

// demo makes the installation unless it is there, and serves it.
func demo(ctx context.Context, t Terminal, o demoOptions) (err error) {
	host, _, err := net.SplitHostPort(o.listen)
	if err != nil || !isLoopback(host) {
		return errUsage{fmt.Sprintf("--listen is %q: in the demo everybody can go on as anybody, so it listens on this machine only; write an address such as 127.0.0.1:8080", o.listen)}
	}
	plan, err := planned(o.day, o.customers, -1)
	if err != nil {
		return err
	}
	if o.dir == "" {
		o.dir = demoFolder()
	}
	if o.dir, err = filepath.Abs(o.dir); err != nil {
		return err
	}
	unlock, err := lockFolder(o.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	mark, err := o.settleFolder(t.Out, plan)
	if err != nil {
		return err
	}
	socket, err := listenNear(o.listen)
	if err != nil {
		return err
	}
	defer func() { _ = socket.Close() }()
	c := Config{
		Database: "sqlite:" + filepath.Join(o.dir, "steward.db"), Data: o.dir, Log: "text warn",
		Listen: socket.Addr().String(), PublicURL: "http://localhost:" + strconv.Itoa(socket.Addr().(*net.TCPAddr).Port),
	}
	if err := o.fill(ctx, t, c, mark); err != nil {
		return err
	}
	return o.serve(ctx, t, c, mark, socket)
}

// demoFolder is where the demo is when nobody says.
func demoFolder() string {
	if cache, err := os.UserCacheDir(); err == nil {
		return filepath.Join(cache, "steward", "demo")
	}
	return "steward-demo"
}

// settleFolder finds out whether the folder is empty, or the demo's own, and says which it is.
func (o *demoOptions) settleFolder(out io.Writer, plan seed.Plan) (*demoMark, error) {
	mark, err := readMark(o.dir)
	if err != nil {
		return nil, err
	}
	if mark != nil && !o.fresh && !mark.Whole && mark.Plan != plan && (slices.Contains(o.said, "customers") || slices.Contains(o.said, "as-of")) {
		o.fresh = true // half a world of another plan is worth nothing
	}
	if mark != nil && o.fresh {
		if err := clearDemo(o.dir); err != nil {
			return nil, err
		}
		mark = nil
	}
	switch {
	case mark == nil:
		mark = &demoMark{MadeBy: "steward demo", Plan: plan}
		_, _ = fmt.Fprintf(out, "Making the demo in %s\n", o.dir)
		return mark, mark.write(o.dir)
	case !mark.Whole:
		_, _ = fmt.Fprintf(out, "Going on with the demo in %s, which was not finished\n", o.dir)
	default:
		_, _ = fmt.Fprintf(out, "The demo in %s, made for %s\n", o.dir, mark.Plan.Day)
		if slices.Contains(o.said, "customers") && mark.Plan.Customers != plan.Customers || slices.Contains(o.said, "as-of") && mark.Plan.Day != plan.Day {
			_, _ = fmt.Fprintf(out, "It keeps its %s customers; --fresh makes it anew.\n", count(mark.Plan.Customers))
		}
	}
	return mark, nil
}

// readMark reads the mark of a folder: nil when the folder is empty. A folder with anything in it and no mark is refused.
func readMark(dir string) (*demoMark, error) {
	text, err := os.ReadFile(filepath.Join(dir, demoMarkFile))
	if errors.Is(err, fs.ErrNotExist) {
		entries, err := os.ReadDir(dir)
		for _, e := range entries {
			if e.Name() != lockName {
				return nil, fmt.Errorf("%s has something in it that the demo did not make (%s), so nothing was changed: name another folder with --dir", dir, e.Name())
			}
		}
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	mark := &demoMark{}
	if err := json.Unmarshal(text, mark); err != nil || mark.MadeBy != "steward demo" {
		return nil, fmt.Errorf("%s in %s is not what the demo wrote there, so nothing was changed: name another folder with --dir", demoMarkFile, dir)
	}
	return mark, nil
}

func (m *demoMark) write(dir string) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return writeWhole(filepath.Join(dir, demoMarkFile), append(text, '\n'))
}

// writeWhole writes a file for its owner alone: a reader sees the old text or the new one.
func writeWhole(path string, text []byte) error {
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return err
	}
	if err := os.Chmod(path+".new", 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// clearDemo removes what a demo wrote, and nothing else. The mark goes last, so that a folder half removed is still the demo's.
func clearDemo(dir string) error {
	for _, name := range []string{
		"steward.db", "steward.db-wal", "steward.db-shm", "keys.db", "keys.db-wal", "keys.db-shm", "master.key", "audit.key",
		"audit-checkpoints.jsonl", "setup-link", secret.JournalFile, "last-backup.json", "backup.lock", folderLock, credentialsFile, demoMarkFile,
	} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove the old demo: %w", err)
		}
	}
	return nil
}

// listenNear listens at an address, or at one of the ports after it. Ports of others are never taken away.
func listenNear(address string) (net.Listener, error) {
	host, port, _ := net.SplitHostPort(address)
	first, err := strconv.Atoi(port)
	if err != nil {
		return nil, errUsage{fmt.Sprintf("--listen is %q: write an address and a port, such as 127.0.0.1:8080", address)}
	}
	for n := first; n < first+50 && n <= 65535; n++ {
		var socket net.Listener
		if socket, err = net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(n))); err == nil {
			return socket, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) || n == 0 {
			break
		}
	}
	return nil, fmt.Errorf("listen on %s: %w; choose another address with --listen", address, err)
}

// fill makes what is missing of the demo's world. The process that serves starts with empty caches afterwards.
func (o *demoOptions) fill(ctx context.Context, t Terminal, c Config, mark *demoMark) error {
	if mark.Whole {
		return nil
	}
	err := opened(ctx, t, c, Options{Migrate: true, Seeding: true}, func(a *App) error {
		made, err := a.make(ctx, mark.Plan, newTicker(t))
		if err == nil {
			_, _ = fmt.Fprintf(t.Out, "%s customers with %s orders in %s\n", count(made.Customers), count(made.Orders), made.took.Round(time.Second/10))
		}
		return err
	})
	if err != nil {
		return err
	}
	mark.Whole = true
	defer debug.FreeOSMemory()
	return mark.write(o.dir)
}

// serve opens the world and shows it.
func (o *demoOptions) serve(ctx context.Context, t Terminal, c Config, mark *demoMark, socket net.Listener) error {
	show := &web.Demo{}
	return opened(ctx, t, c, Options{Migrate: true, Work: true, Demo: show}, func(a *App) error {
		made, err := seed.FindMark(a.Store.Read(ctx))
		if err != nil || made.Plan != mark.Plan || !made.Finished {
			return fmt.Errorf("the database in %s is not the one that the demo made there, so nothing was changed: name another folder with --dir, or make it anew with --fresh", o.dir)
		}
		all, err := a.demoPeople(ctx)
		if err != nil {
			return err
		}
		path := filepath.Join(o.dir, credentialsFile)
		if err := a.giveKeys(ctx, path, all); err != nil {
			return err
		}
		for i, p := range all {
			show.People = append(show.People, web.DemoPerson{ID: p.ID, Name: p.Name, Role: p.Role, Sees: seed.People()[i].Sees, Email: p.Email, Password: p.Password, Secret: p.TOTPSecret})
		}
		if show.Guests, err = a.demoGuests(ctx); err != nil {
			return err
		}
		debug.FreeOSMemory()
		return a.Serve(ctx, socket, func() { welcome(t.Out, a.Config.PublicURL, path, all) })
	})
}

// welcome says where to go and as whom.
func welcome(out io.Writer, address, path string, all []Credential) {
	_, _ = fmt.Fprintf(out, "\nSteward is at %s\n\nSign in with one click on that page, or with\n", address)
	for _, p := range all {
		_, _ = fmt.Fprintf(out, "  %-28s %-30s %s\n", p.Email, p.Password, p.Role+", "+p.Where)
	}
	_, _ = fmt.Fprintf(out, "\nMail is kept and shown at %s/dev/mail\nPasswords and API keys: %s\nCtrl-C ends it; the data stays.\n", strings.TrimSuffix(address, "/"), path)
}
