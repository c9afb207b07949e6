package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// Exit codes.
const (
	Done    = 0
	Failed  = 1
	Misused = 2
	Rejects = 3 // done, with rejected rows
)

// Terminal is where a command speaks: streams and environment, so that tests can run commands.
type Terminal struct {
	In       io.Reader
	Out, Err io.Writer
	Env      func(string) string
}

// command is one verb of the program.
type command struct {
	name    string
	args    string // words that it needs beside the flags: FILE
	summary string
	example string
	// set declares the flags and gives the function that runs once they are parsed.
	set func(f *flag.FlagSet) action
}

// errUsage is a wrong use of a command; its text says what is wrong.
type errUsage struct{ text string }

func (e errUsage) Error() string { return e.text }

// errRejects says that a command did its work, and that some rows were rejected.
var errRejects = errors.New("some rows were rejected")

// Main runs the program and gives its exit code.
func Main(args []string, t Terminal) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return Run(ctx, args, t)
}

// Run runs one command.
func Run(ctx context.Context, args []string, t Terminal) int {
	if len(args) > 1 && args[0] == "help" {
		args = append(args[1:], "--help")
	}
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "-help" || args[0] == "--help" {
		usage(t.Out)
		return Done
	}
	if args[0] == "--version" || args[0] == "-version" {
		args = append([]string{"version"}, args[1:]...)
	}
	cmd, rest := find(args)
	if cmd == nil {
		if all := family(args[0]); all != "" {
			_, _ = fmt.Fprintf(t.Err, "steward %s: say which: %s.\n", args[0], all)
			return Misused
		}
		_, _ = fmt.Fprintf(t.Err, "steward: there is no command %q. `steward help` lists them.\n", args[0])
		return Misused
	}
	run, words, err := cmd.parse(rest)
	switch {
	case errors.Is(err, flag.ErrHelp):
		cmd.usage(t.Out)
		return Done
	case err != nil:
		_, _ = fmt.Fprintf(t.Err, "steward %s: %s\n`steward %s --help` shows the flags and an example.\n", cmd.name, err, cmd.name)
		return Misused
	}
	err = run(ctx, t, words)
	var wrong errUsage
	switch {
	case err == nil:
		return Done
	case errors.Is(err, errRejects):
		return Rejects
	case errors.As(err, &wrong):
		_, _ = fmt.Fprintf(t.Err, "steward %s: %s\n", cmd.name, wrong.text)
		return Misused
	}
	_, _ = fmt.Fprintf(t.Err, "steward %s: %s\n", cmd.name, plainError(err))
	return Failed
}

// find gives the command that the first words name: "audit verify" is one.
func find(args []string) (*command, []string) {
	for words := min(2, len(args)); words > 0; words-- {
		name := strings.Join(args[:words], " ")
		for _, c := range commands() {
			if c.name == name {
				return c, args[words:]
			}
		}
	}
	return nil, nil
}

func usage(w io.Writer) {
	_, _ = fmt.Fprint(w, "Steward is the user and customer desk of a commerce platform.\n\nUsage: steward COMMAND [flags]\n\n")
	for _, c := range commands() {
		_, _ = fmt.Fprintf(w, "  %-18s %s\n", c.name, c.summary)
	}
	_, _ = fmt.Fprint(w, "\n`steward COMMAND --help` shows the flags and an example.\n")
}

// family lists the commands that begin with a word: audit verify, audit checkpoint.
func family(word string) string {
	var all []string
	for _, c := range commands() {
		if strings.HasPrefix(c.name, word+" ") {
			all = append(all, c.name)
		}
	}
	return strings.Join(all, ", ")
}

// action is a command whose flags have been read. words are what stood between the flags.
type action = func(ctx context.Context, t Terminal, words []string) error

// parse reads flags and words in any order: `import orders FILE --map MAP` is how people write.
func (c *command) parse(args []string) (run action, words []string, err error) {
	f := flag.NewFlagSet(c.name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	run = c.set(f)
	for {
		if err := f.Parse(args); err != nil {
			return nil, nil, err
		}
		rest := f.Args()
		if read := len(args) - len(rest); read > 0 && args[read-1] == "--" {
			words, rest = append(words, rest...), nil
		}
		if len(rest) == 0 {
			break
		}
		words, args = append(words, rest[0]), rest[1:]
	}
	switch want := len(strings.Fields(c.args)); {
	case len(words) > want:
		return nil, nil, fmt.Errorf("%q is too much", words[want])
	case len(words) < want:
		return nil, nil, fmt.Errorf("%s is missing", strings.Fields(c.args)[len(words)])
	}
	return run, words, nil
}

func (c *command) usage(w io.Writer) {
	f := flag.NewFlagSet(c.name, flag.ContinueOnError)
	c.set(f)
	_, _ = fmt.Fprintf(w, "%s.\n\nUsage: steward %s%s [flags]\n\n", c.summary, c.name, spaced(c.args))
	f.VisitAll(func(f *flag.Flag) {
		value, text := flag.UnquoteUsage(f)
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "-1" {
			text += " (" + f.DefValue + ")"
		}
		_, _ = fmt.Fprintf(w, "  --%-26s %s\n", f.Name+spaced(value), text)
	})
	_, _ = fmt.Fprintf(w, "\nExample:\n  %s\n", c.example)
}

func spaced(s string) string {
	if s == "" {
		return ""
	}
	return " " + s
}

// configured declares --config and the flags that every command of an installation has.
func configured(f *flag.FlagSet) func(Terminal) (Config, error) {
	file := f.String("config", "", "file of settings, NAME=value")
	database := f.String("database", "", "sqlite:PATH or postgres://… (STEWARD_DATABASE)")
	data := f.String("data", "", "data folder (STEWARD_DATA)")
	return func(t Terminal) (Config, error) {
		c, err := Load(t.Env, *file)
		if err != nil {
			return c, err
		}
		if *database != "" {
			c.Database = *database
		}
		if *data != "" {
			c.Data = *data
		}
		return c, nil
	}
}

// opened runs fn on the installation that the flags name.
func opened(ctx context.Context, t Terminal, c Config, o Options, fn func(*App) error) error {
	if err := c.Settle(); err != nil {
		return err
	}
	if !o.Migrate {
		if err := c.there(); err != nil {
			return err
		}
	}
	if o.Log == nil {
		o.Log = logger(t.Err, c.Log)
	}
	a, err := Open(ctx, c, o)
	if err != nil {
		return err
	}
	return errors.Join(fn(a), a.Close())
}

func logger(w io.Writer, setting string) *slog.Logger {
	level := slog.LevelInfo
	form, word, _ := strings.Cut(setting, " ")
	if word != "" {
		_ = level.UnmarshalText([]byte(word))
	}
	o := &slog.HandlerOptions{Level: level}
	if form == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
