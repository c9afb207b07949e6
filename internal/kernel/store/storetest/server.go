package storetest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// One server serves all test processes of a machine's user, in a folder with three locks:
//
//	start.lock  held while somebody starts, joins or stops the server
//	users.lock  held, shared, by every test process for as long as it lives
//	watch.lock  held by the watcher: a shell that stops the server and removes its data when nobody holds users.lock any more
//
// The kernel lets go of a lock when its process ends, however it ends, so nothing is left running.

var errNoServer = errors.New("no PostgreSQL here: install it (apt-get install postgresql), or set STEWARD_TEST_POSTGRES to the postgres:// URL of a server where databases may be made")

// users keeps users.lock until this process ends.
//
//lint:ignore U1000 it is held, not read: a closed file would let go of the lock
var users *os.File

// sharedServer joins the server, or starts it, and gives its address.
func sharedServer() (_ string, err error) {
	bin, err := binaries()
	if err != nil {
		return "", err
	}
	// Short and without TMPDIR: the path of a socket has at most 107 bytes.
	dir := fmt.Sprintf("/tmp/steward-postgres-%d", os.Getuid())
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) { //nolint:gosec // the server's user passes through
		return "", err
	}
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() || info.Sys().(*syscall.Stat_t).Uid != uint32(os.Getuid()) { //nolint:gosec // a user's id
		return "", fmt.Errorf("%s is not a folder of ours", dir)
	}
	start, err := lock(filepath.Join(dir, "start.lock"), syscall.LOCK_EX)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, start.Close()) }()
	if users, err = lock(filepath.Join(dir, "users.lock"), syscall.LOCK_SH); err != nil {
		return "", err
	}
	address := (&url.URL{Scheme: "postgres", Path: "/postgres", RawQuery: url.Values{
		"host": {filepath.Join(dir, "run")}, "user": {"steward"}, "sslmode": {"disable"},
	}.Encode()}).String()
	if !answers(address) {
		if err := startServer(bin, dir); err != nil {
			return "", fmt.Errorf("start PostgreSQL for the tests: %w", err)
		}
	}
	return address, watch(dir)
}

func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return "", errNoServer
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
}

func lock(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // our own folder
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), how); err != nil { //nolint:gosec // a descriptor
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func answers(address string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return false
	}
	return conn.Close(ctx) == nil
}

func startServer(bin, dir string) error {
	data, run := filepath.Join(dir, "data"), filepath.Join(dir, "run")
	as, err := serverUser()
	if err != nil {
		return err
	}
	for _, d := range []string{data, run} {
		if err := errors.Join(os.RemoveAll(d), os.Mkdir(d, 0o700)); err != nil {
			return err
		}
		if as != nil {
			if err := os.Chown(d, int(as.Uid), int(as.Gid)); err != nil {
				return err
			}
		}
	}
	// Nothing in it outlives the run, so nothing waits for the disk. Only our own user reaches the socket: no passwords.
	options := "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off -c max_connections=400 -c shared_buffers=128MB " +
		"-c listen_addresses='' -c unix_socket_directories=" + run
	for _, args := range [][]string{
		{"initdb", "-D", data, "-U", "steward", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"},
		{"pg_ctl", "-D", data, "-l", filepath.Join(data, "log"), "-o", options, "-w", "-s", "start"},
	} {
		out, err := os.CreateTemp("", "steward-postgres-") // a file, not a pipe: the server keeps it open
		if err != nil {
			return err
		}
		cmd := exec.Command(filepath.Join(bin, args[0]), args[1:]...) //nolint:gosec // found above
		cmd.Dir, cmd.Stdout, cmd.Stderr = data, out, out
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as, Setsid: true}
		err = cmd.Run()
		said, _ := os.ReadFile(out.Name())
		_ = errors.Join(out.Close(), os.Remove(out.Name()))
		if err != nil {
			log, _ := os.ReadFile(filepath.Join(data, "log")) //nolint:gosec // our own folder
			return fmt.Errorf("%s: %w\n%s%s", args[0], err, said, log)
		}
	}
	return nil
}

// serverUser is who runs the server when we are root, which PostgreSQL refuses; nil is ourselves.
func serverUser() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		who, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(who.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(who.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// watcher looks now and then whether anybody still tests. Now and then, so that the server lives through the pauses in which
// "go test ./..." compiles. It holds start.lock while it stops the server, so nobody joins one that is going away.
const watcher = `
cd "$1" || exit
exec 9>watch.lock && flock -n 9 || exit 0
while sleep 20; do
	flock start.lock flock -n users.lock sh -c 'kill -QUIT "$(head -n 1 data/postmaster.pid)"; sleep 0.2; rm -rf data run' && exit
done`

func watch(dir string) error {
	if _, err := exec.LookPath("flock"); err != nil {
		return fmt.Errorf("%w (flock is missing, which stops a server of our own)", errNoServer)
	}
	cmd := exec.Command("sh", "-c", watcher, "steward-test-postgres", dir) //nolint:gosec // our own text
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Process.Release()
}
