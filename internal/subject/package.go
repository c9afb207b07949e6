package subject

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"encoding/json"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/export"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/tabular"
	"github.com/stewardhq/steward/internal/user"
)

// Package is the zip with everything about a person.
var Package = export.Kind{Name: "subject", Ending: "zip", Type: "application/zip", Make: makePackage}

// part asks for a batch of one section.
type part struct {
	User    user.ID `json:"user"`
	Section string  `json:"section"`
	After   string  `json:"after,omitempty"`
}

// batch is what it is answered.
type batch struct {
	rows  []record
	after string
}

// read reads a batch of one section: one's own, or with what the section needs somebody else's.
var read = &op.Query[part, batch]{
	Name: "subject.read", Summary: "Read a part of everything about a person", Own: true, Private: true,
	Do: func(v *op.View, in part) (b batch, err error) {
		if err := v.Signed(); err != nil {
			return b, err
		}
		i := slices.IndexFunc(Sections, func(s Section) bool { return s.Name == in.Section })
		if i < 0 {
			return b, errSection
		}
		r := reader{View: v}
		if r.person, err = user.Find(v, in.User); err != nil {
			return b, err
		}
		if !v.Knows(r.person.Subject()) {
			return b, errs.ErrNotFound
		}
		if r.own = v.Caller().Is(string(in.User)); !r.own {
			for _, p := range append(Sections[i].Needs[:len(Sections[i].Needs):len(Sections[i].Needs)], directory.ExportPermission(r.person)) {
				if err := v.Require(p, r.person); err != nil {
					return b, err
				}
			}
		}
		if r.person.Brand != brand.Platform {
			home, err := brand.Find(v, r.person.Brand)
			if err != nil {
				return b, err
			}
			r.currency = home.Currency
		}
		b.rows, b.after, err = Sections[i].from.next(&r, in.After)
		return b, err
	},
}

// makePackage writes the zip. Only the names of sections are names of files.
func makePackage(ctx context.Context, m *export.Making) error {
	var q question
	if err := m.Asked(&q); err != nil {
		return err
	}
	p := packing{Making: m, question: q, zip: zip.NewWriter(m), made: time.UnixMilli(m.MadeAt).UTC()}
	chosen := strings.Fields(m.Columns)
	for i := range Sections {
		s := &Sections[i]
		if !slices.Contains(chosen, s.Name) {
			p.left = append(p.left, s)
			continue
		}
		n, err := p.section(ctx, s)
		if err != nil {
			return fmt.Errorf("section %s: %w", s.Name, err)
		}
		p.told = append(p.told, told{s, n})
	}
	if err := p.readme(); err != nil {
		return err
	}
	return p.zip.Close()
}

// packing is a zip being made.
type packing struct {
	*export.Making
	question
	zip  *zip.Writer
	made time.Time
	rows int64
	told []told
	left []*Section
}

type told struct {
	*Section
	rows int64
}

// section writes a section as CSV into the zip, and beside it, compressed in memory, as JSON: both from one reading.
func (p *packing) section(ctx context.Context, s *Section) (n int64, err error) {
	file, err := p.zip.CreateHeader(&zip.FileHeader{Name: s.Name + ".csv", Method: zip.Deflate, Modified: p.made})
	if err != nil {
		return 0, err
	}
	shown := s.shown(p.question)
	table, doc := tabular.NewWriter(file), newAside()
	for _, i := range shown {
		table.Text(s.from.columns[i].out)
	}
	table.End()
	doc.write("[")
	for after := ""; ; {
		c, err := p.As(ctx)
		if err != nil {
			return n, err
		}
		b, err := op.Ask(ctx, p.Door, c, read, part{p.User, s.Name, after})
		if err != nil {
			return n, err
		}
		for _, row := range b.rows {
			for _, i := range shown {
				cell(table, row[i])
			}
			table.End()
			if n++; n > 1 {
				doc.write(",")
			}
			doc.write("\n")
			doc.object(s.from.columns, shown, row)
		}
		p.rows += int64(len(b.rows))
		p.Wrote(p.rows, 0)
		if after = b.after; after == "" {
			break
		}
	}
	doc.write("\n]\n")
	if err := table.Flush(); err != nil {
		return n, err
	}
	return n, doc.into(p.zip, s.Name+".json", p.made)
}

// shown are the columns that this package tells: money only to who may see the financials, where the person was only to who may see
// sessions, and not to the person what colleagues wrote for each other.
func (s *Section) shown(q question) (all []int) {
	for i, c := range s.from.columns {
		if !q.Money && (c.kind == "money" || c.kind == "hidden") || !q.Where && slices.Contains(s.where, c.out) || q.Own && slices.Contains(s.staff, c.out) {
			continue
		}
		all = append(all, i)
	}
	return all
}

// cell writes a value for people.
func cell(w *tabular.Writer, v any) {
	switch v := v.(type) {
	case string:
		w.Text(v)
	case int64:
		w.Typed(strconv.FormatInt(v, 10))
	case bool:
		w.Typed(strconv.FormatBool(v))
	case moment:
		w.Typed(v.String())
	case money.Amount:
		w.Text(v.String())
	default:
		text, err := json.Marshal(v)
		if err != nil {
			text = nil
		}
		w.Text(string(text))
	}
}

// aside is a file of the zip that is made while another one is written: compressed, in memory.
type aside struct {
	packed bytes.Buffer
	flate  *flate.Writer
	sum    hash.Hash32
	size   uint64
	err    error
}

func newAside() *aside {
	a := &aside{sum: crc32.NewIEEE()}
	a.flate, a.err = flate.NewWriter(&a.packed, flate.DefaultCompression)
	return a
}

func (a *aside) write(text string) {
	if a.err == nil {
		_, a.err = io.MultiWriter(a.flate, a.sum).Write([]byte(text))
		a.size += uint64(len(text))
	}
}

// object writes a row with its columns in their order.
func (a *aside) object(columns []column, shown []int, row record) {
	for n, i := range shown {
		value, err := json.Marshal(row[i])
		if err != nil && a.err == nil {
			a.err = err
		}
		name, begin := strconv.Quote(columns[i].out), ", "
		if n == 0 {
			begin = "  {"
		}
		a.write(begin + name + ": " + string(value))
	}
	a.write("}")
}

func (a *aside) into(z *zip.Writer, name string, made time.Time) error {
	if a.err != nil {
		return a.err
	}
	if err := a.flate.Close(); err != nil {
		return err
	}
	w, err := z.CreateRaw(&zip.FileHeader{
		Name: name, Method: zip.Deflate, Modified: made, CRC32: a.sum.Sum32(),
		CompressedSize64: uint64(a.packed.Len()), UncompressedSize64: a.size,
	})
	if err == nil {
		_, err = a.packed.WriteTo(w)
	}
	return err
}

// readme says in plain words what is in the zip, and what is not.
func (p *packing) readme() error {
	var b strings.Builder
	fmt.Fprintf(&b, "Everything about one person\r\n\r\n")
	fmt.Fprintf(&b, "Account: %s\r\nAsked for: %s\r\n", p.User, p.made.Format("2 January 2006, 15:04 UTC"))
	if p.Own {
		fmt.Fprintf(&b, "Asked for by the person themself.\r\n")
	} else {
		fmt.Fprintf(&b, "Asked for by staff. Purpose: %s.\r\n", strings.ReplaceAll(p.Purpose, "_", " "))
	}
	fmt.Fprintf(&b, "\r\nEach part is here twice: as .csv, which spreadsheets open, and as .json, which programs read. Times are UTC.\r\n"+
		"Amounts of money in .json are in the smallest unit of their currency (1050 GBP is 10.50 pounds).\r\n"+
		"A ' before a cell keeps a spreadsheet from running it as a formula; it is not part of the value.\r\n\r\nWhat is here:\r\n\r\n")
	for _, t := range p.told {
		rows := fmt.Sprintf("%d rows", t.rows)
		if t.rows == 1 {
			rows = "1 row"
		}
		fmt.Fprintf(&b, "  %-14s %s (%s)\r\n", t.Name, t.What, rows)
	}
	if len(p.left) > 0 {
		fmt.Fprintf(&b, "\r\nLeft out, because who asked for this may not see it:\r\n\r\n")
		for _, s := range p.left {
			fmt.Fprintf(&b, "  %-14s %s\r\n", s.Name, s.What)
		}
	}
	if !p.Money {
		fmt.Fprintf(&b, "\r\nAmounts of money were left out, because who asked for this may not see them.\r\n")
	}
	fmt.Fprintf(&b, "\r\nNot here: passwords and other secrets, of which only check values are kept, and what is kept about other people.\r\n"+
		"This file is personal. Keep it where only the person concerned, or who answers for them, can read it.\r\n")
	w, err := p.zip.CreateHeader(&zip.FileHeader{Name: "README.txt", Method: zip.Deflate, Modified: p.made})
	if err == nil {
		_, err = io.WriteString(w, b.String())
	}
	return err
}
