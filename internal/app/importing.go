package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/commerce/importing"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/tabular/mapping"
)

var importOrdersCommand = &command{
	name: "import orders", args: "FILE", summary: "Take in orders and refunds from a CSV or JSON Lines file, also gzipped; again and again without harm",
	example: "steward import orders online-retail.csv.gz --map maps/online-retail.json",
	set: func(f *flag.FlagSet) action {
		config, asJSON := configured(f), inJSON(f)
		var o importing.Options
		columns := f.String("map", "", "mapping file: which column means what (see maps/ in the sources)")
		f.StringVar(&o.Brand, "brand", "", "short name or id of the brand; may be left out where there is one")
		f.StringVar(&o.Source, "source", "", "whose ids the file has; the mapping's by default")
		f.BoolVar(&o.DryRun, "dry-run", false, "read and check the file, and change nothing")
		rejected := f.String("rejected", "", "file for the rows that are not used, with reasons; by default named after FILE, in this folder")
		return func(ctx context.Context, t Terminal, words []string) error {
			if *columns == "" {
				return errUsage{"--map is missing: name the mapping file that says which column means what"}
			}
			text, err := os.ReadFile(*columns)
			if err != nil {
				return fmt.Errorf("read the mapping: %w", err)
			}
			m, err := mapping.ParseOrders(text)
			if err != nil {
				return err
			}
			c, err := config(t)
			if err != nil {
				return err
			}
			file, length, err := openInput(t, words[0])
			if err != nil {
				return err
			}
			defer func() { _ = file.Close() }()
			if *rejected == "" {
				*rejected = rejectedName(words[0])
			}
			reject := &lateFile{path: *rejected}
			o.Rejected = reject
			return opened(ctx, t, c, Options{Migrate: true}, func(a *App) error {
				tell := newTicker(t)
				o.Progress = func(p importing.Progress) { tellImport(tell, p, length) }
				report, err := importing.Orders(ctx, a.Door, op.HostOperator("import orders"), file, m, o)
				tell.end()
				if err = errors.Join(err, reject.close(report != nil && report.Rejects())); err != nil {
					return err
				}
				if !report.DryRun {
					a.sign(ctx)
				}
				if *asJSON {
					err = writeJSON(t.Out, importAnswer(report, reject.path))
				} else {
					err = sayImport(t.Out, report, reject.path)
				}
				if err == nil && report.Rejects() {
					err = errRejects
				}
				return err
			})
		}
	},
}

// sign writes the checkpoints of what a command did: no server may be there to do it.
func (a *App) sign(ctx context.Context) {
	if _, err := a.Checkpoints.Write(ctx); err != nil {
		a.Log.Error("audit checkpoints", "error", err)
	}
}

// openInput opens a file; - is what comes in. The length is 0 where it is not known.
func openInput(t Terminal, path string) (io.ReadCloser, int64, error) {
	if path == "-" {
		return io.NopCloser(t.In), 0, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

func rejectedName(path string) string {
	name := filepath.Base(path)
	if path == "-" {
		name = "orders"
	}
	for _, end := range []string{".gz", ".csv", ".tsv", ".jsonl"} {
		name = strings.TrimSuffix(name, end)
	}
	return name + ".rejected.csv"
}

// lateFile makes its file with the first byte, so that an import without rejects leaves none.
type lateFile struct {
	path string
	f    *os.File
}

func (l *lateFile) Write(b []byte) (n int, err error) {
	if l.f == nil {
		if l.f, err = os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600); err != nil {
			return 0, fmt.Errorf("write the rejected rows: %w; name another file with --rejected", err)
		}
	}
	return l.f.Write(b)
}

// close keeps the file if there is anything in it but a header.
func (l *lateFile) close(keep bool) error {
	if l.f == nil {
		return nil
	}
	err := l.f.Close()
	if !keep {
		err = errors.Join(err, os.Remove(l.path))
	}
	return err
}

func tellImport(tell *ticker, p importing.Progress, length int64) {
	if p.Reading {
		tell.part(float64(p.Bytes)/float64(max(length, 1)), length > 0, "reading: "+count(int(p.Lines))+" lines")
		return
	}
	tell.part(float64(p.Partition)/float64(max(p.Partitions, 1)), true, "writing: "+count(int(p.Records))+" orders and refunds")
}

// importJSON is the report for programs.
type importJSON struct {
	Brand           string           `json:"brand,omitempty"`
	Source          string           `json:"source"`
	DryRun          bool             `json:"dry_run"`
	Resumed         bool             `json:"resumed"`
	Lines           int64            `json:"lines"`
	WithoutCustomer int64            `json:"lines_without_customer"`
	RejectedLines   int64            `json:"rejected_lines"`
	RejectedFile    string           `json:"rejected_file,omitempty"`
	FileOrders      int64            `json:"file_orders"`
	FileRefunds     int64            `json:"file_refunds"`
	Counts          importing.Counts `json:"counts"`
	Customers       int64            `json:"customers"`
	WithOrder       int64            `json:"customers_with_order"`
	Orders          int64            `json:"orders"`
	Refunds         int64            `json:"refunds"`
	Gross           money.Amount     `json:"gross"`
	Net             money.Amount     `json:"net"`
	Best            []bestJSON       `json:"best,omitempty"`
	Notes           []string         `json:"notes,omitempty"`
	TookMS          int64            `json:"took_ms"`
}

type bestJSON struct {
	ID       string       `json:"id"`
	Name     string       `json:"name"`
	External string       `json:"external_id,omitempty"`
	Orders   int64        `json:"orders"`
	Lifetime money.Amount `json:"lifetime_spend"`
}

func importAnswer(r *importing.Report, rejected string) importJSON {
	a := importJSON{
		Brand: r.Brand.Slug, Source: r.Source, DryRun: r.DryRun, Resumed: r.Resumed, Lines: r.Lines, WithoutCustomer: r.WithoutCustomer,
		RejectedLines: r.RejectedLines, FileOrders: r.FileOrders, FileRefunds: r.FileRefunds, Counts: r.Counts,
		Customers: r.Totals.Customers, WithOrder: r.Totals.WithOrder, Orders: r.Totals.Orders, Refunds: r.Totals.Refunds,
		Gross: r.Totals.Gross, Net: r.Totals.Net, Notes: r.Notes, TookMS: r.Elapsed.Milliseconds(),
	}
	if r.Rejects() {
		a.RejectedFile = rejected
	}
	for _, b := range r.Totals.Best {
		a.Best = append(a.Best, bestJSON{string(b.User), b.Name, b.External, b.Orders, b.Lifetime})
	}
	return a
}

func sayImport(w io.Writer, r *importing.Report, rejected string) error {
	var s strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&s, format+"\n", args...) }
	rate := ""
	if sec := r.Elapsed.Seconds(); sec > 0.1 {
		rate = fmt.Sprintf(", %s a second", count(int(float64(r.Lines)/sec)))
	}
	say("%s lines read in %s%s", count(int(r.Lines)), r.Elapsed.Round(time.Second/10), rate)
	if r.Resumed {
		say("Went on where a run before was interrupted")
	}
	if r.WithoutCustomer > 0 {
		say("  %s lines without a customer were kept out", count(int(r.WithoutCustomer)))
	}
	if r.RejectedLines > 0 {
		say("  %s lines could not be used", count(int(r.RejectedLines)))
	}
	line := func(what string, in int64, c commerce.Counts) {
		say("  %s %s: %s new, %s changed, %s as before, %s rejected", count(int(in)), what, count(int(c.Created)), count(int(c.Changed)), count(int(c.Unchanged)), count(int(c.Rejected)))
	}
	if r.DryRun {
		say("  %s orders, %s refunds", count(int(r.FileOrders)), count(int(r.FileRefunds)))
	} else {
		line("orders", r.FileOrders, r.Counts.Orders)
		line("refunds", r.FileRefunds, r.Counts.Refunds)
	}
	for _, note := range r.Notes {
		say("  %s", note)
	}
	if r.Rejects() {
		say("Rows that were not used are in %s, each with a reason. Repair them there and import that file.", rejected)
	}
	t := r.Totals
	if r.DryRun {
		say("Nothing was changed. The file has")
	} else {
		say("%s now has", r.Brand.Name)
	}
	say("  %s customers, %s with an order", count(int(t.Customers)), count(int(t.WithOrder)))
	say("  %s orders, %s refunds", count(int(t.Orders)), count(int(t.Refunds)))
	say("  gross %s, net %s", amountText(t.Gross), amountText(t.Net))
	if len(t.Best) > 0 {
		say("Best customers")
	}
	for _, b := range t.Best {
		say("  %-28s %16s in %s orders", b.Name, amountText(b.Lifetime), count(int(b.Orders)))
	}
	_, err := io.WriteString(w, s.String())
	return err
}
