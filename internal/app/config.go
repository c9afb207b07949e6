package app

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/stewardhq/steward/internal/kernel/backup"
	"github.com/stewardhq/steward/internal/mailing/smtp"
)

// Config is what an operator sets. Flags win over the environment, the environment over the file given with --config.
type Config struct {
	Database      string // sqlite:PATH or postgres://…
	Data          string // folder of the database, the key store, the checkpoints and exports
	Listen        string
	PublicURL     string
	MetricsListen string
	MasterKeyFile string
	SMTP          string
	MailFrom      string
	Log           string // text or json, and a level: "text", "json debug"
	Proxies       string // networks whose X-Forwarded-For is believed, separated by commas
}

// settings are the environment variables with the place of each in a Config.
func (c *Config) settings() map[string]*string {
	return map[string]*string{
		"STEWARD_DATABASE": &c.Database, "STEWARD_DATA": &c.Data, "STEWARD_LISTEN": &c.Listen, "STEWARD_PUBLIC_URL": &c.PublicURL,
		"STEWARD_METRICS_LISTEN": &c.MetricsListen, "STEWARD_MASTER_KEY_FILE": &c.MasterKeyFile, "STEWARD_SMTP": &c.SMTP,
		"STEWARD_MAIL_FROM": &c.MailFrom, "STEWARD_LOG": &c.Log, "STEWARD_TRUSTED_PROXIES": &c.Proxies,
	}
}

// Load reads the configuration from the environment over a file, "" for none.
func Load(env func(string) string, file string) (Config, error) {
	c := Config{Data: "./steward-data", Listen: "127.0.0.1:8080", Log: "text"}
	known := c.settings()
	if file != "" {
		if err := readFile(file, known); err != nil {
			return c, err
		}
	}
	for name, value := range known {
		if v := env(name); v != "" {
			*value = v
		}
	}
	return c, nil
}

// readFile reads NAME=value lines, as in an environment file. Names that are not known are refused, so that a slip is seen.
func readFile(path string, known map[string]*string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		place, isKnown := known[strings.TrimSpace(name)]
		if !ok || !isKnown {
			return fmt.Errorf("%s, line %d: %q is not a setting; write NAME=value with a name such as STEWARD_DATABASE", path, n, strings.TrimSpace(name))
		}
		*place = strings.Trim(strings.TrimSpace(value), `"`)
	}
	return lines.Err()
}

// Settle fills what follows from other settings and refuses what cannot work, each with what to do.
func (c *Config) Settle() error {
	if c.Data == "" {
		return errors.New("STEWARD_DATA is empty: name a folder for the data")
	}
	if c.Database == "" {
		c.Database = "sqlite:" + filepath.Join(c.Data, "steward.db")
	}
	if c.MasterKeyFile == "" {
		c.MasterKeyFile = filepath.Join(c.Data, "master.key")
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if _, wrong := strconv.ParseUint(port, 10, 16); err != nil || wrong != nil {
		return fmt.Errorf("STEWARD_LISTEN is %q: write an address and a port, such as 127.0.0.1:8080", c.Listen)
	}
	loopback := isLoopback(host)
	if c.PublicURL == "" {
		if !loopback {
			return errors.New("STEWARD_PUBLIC_URL is missing: links in mail are made of it; write the address that people open, such as https://desk.example.com")
		}
		c.PublicURL = "http://localhost:" + port
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.User != nil {
		return fmt.Errorf("STEWARD_PUBLIC_URL is %q: write a scheme and a host and nothing else, such as https://desk.example.com", c.PublicURL)
	}
	if u.Scheme == "http" && (!loopback || !isLoopback(u.Hostname())) {
		return errors.New("plain http beyond this machine would send passwords in the clear: put a proxy with https before Steward and set STEWARD_PUBLIC_URL to its https address")
	}
	if c.MetricsListen != "" {
		host, _, err := net.SplitHostPort(c.MetricsListen)
		if err != nil || !isLoopback(host) {
			return fmt.Errorf("STEWARD_METRICS_LISTEN is %q: profiles show what is in memory, so write an address of this machine, such as 127.0.0.1:9090", c.MetricsListen)
		}
	}
	if form, level, _ := strings.Cut(c.Log, " "); form != "text" && form != "json" || level != "" && new(slog.LevelVar).UnmarshalText([]byte(level)) != nil {
		return fmt.Errorf("STEWARD_LOG is %q: write text or json, and a level if you want one, such as “json warn”", c.Log)
	}
	if c.MailFrom != "" {
		if err := smtp.CheckAddress(c.MailFrom); err != nil {
			return fmt.Errorf("STEWARD_MAIL_FROM is %q: write the address that mail comes from, such as desk@example.com", c.MailFrom)
		}
	}
	if kind, _, _ := strings.Cut(c.Database, ":"); kind != "sqlite" && kind != "postgres" && kind != "postgresql" {
		return errors.New("STEWARD_DATABASE must begin with sqlite: and a file, such as sqlite:/var/lib/steward/steward.db, or with postgres:// and a server, such as postgres://steward@db.example.com/steward")
	}
	if c.SMTP != "" {
		if _, err := smtp.ParseURL(c.SMTP); err != nil {
			return err
		}
	}
	if _, err := c.proxies(); err != nil {
		return err
	}
	return nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && addr.IsLoopback()
}

func (c *Config) proxies() (all []netip.Prefix, err error) {
	for _, text := range strings.FieldsFunc(c.Proxies, func(r rune) bool { return r == ',' || r == ' ' }) {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			if addr, errAddr := netip.ParseAddr(text); errAddr == nil {
				p, err = addr.Prefix(addr.BitLen())
			}
		}
		if err != nil {
			return nil, fmt.Errorf("STEWARD_TRUSTED_PROXIES has %q: write addresses or networks, such as 10.0.0.0/8", text)
		}
		all = append(all, p)
	}
	return all, nil
}

// ensureData makes the data folder, for its owner alone.
func (c *Config) ensureData() error {
	if err := os.MkdirAll(c.Data, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make the data folder: %w; name another one with STEWARD_DATA, or make it, owned by the user that runs Steward", err)
	}
	return nil
}

// there wants a database file that is there: who verifies, backs up or asks must not be answered by a new, empty installation.
func (c *Config) there() error {
	path, lite := strings.CutPrefix(c.Database, "sqlite:")
	if _, err := os.Stat(path); lite && errors.Is(err, fs.ErrNotExist) && !backup.Unfinished(c.Data) { // of a restore: it is settled first
		return fmt.Errorf("there is no database at %s: give this command the settings of the server (--config, or STEWARD_DATABASE and STEWARD_DATA); `steward serve` makes a new one", shown(path))
	}
	return nil
}
