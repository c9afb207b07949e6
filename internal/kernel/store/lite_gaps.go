package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"strings"
)

// secure_delete overwrites a row where it lies when it is deleted. It does not know of copies: when a page of a tree is split or
// put together anew, rows move, and as they were they stay in the gap of the old page, between its list of cells and the first of
// them. Nothing reads a gap, and nothing overwrites it until the page is filled again. So a scrub writes zeros into the gaps.
//
// SQLite has no pragma for that short of "vacuum", which holds the writer for as long as a copy takes. Its own virtual tables do: dbstat
// names the pages of a tree, sqlite_dbpage reads and writes them, in a transaction like any other table.

const (
	gapsAtOnce = 64 // pages of a transaction: a few milliseconds of the writer
	gapsTries  = 5  // for pages that others changed in between
)

// page is one page of a tree, as a reader saw it. Of what was in it, a hash is enough: there may be many.
type page struct {
	number int64
	seen   uint64
}

var seed = maphash.MakeSeed()

// fillGaps writes zeros into the gaps of the tables' trees: the tables, their indexes, and what a full-text index keeps itself in.
// ErrPagesMove: others changed pages faster than it came to them.
func (l *lite) fillGaps(ctx context.Context, tables []string) error {
	trees, err := l.trees(ctx, tables)
	if err != nil {
		return err
	}
	for _, tree := range trees {
		for try := 0; ; try++ {
			left, err := l.fillTree(ctx, tree)
			if err != nil {
				return fmt.Errorf("gaps of %s: %w", tree, err)
			}
			if left == 0 {
				break
			}
			if try == gapsTries {
				return ErrPagesMove
			}
		}
	}
	return nil
}

// trees are the names of the trees that belong to tables.
func (l *lite) trees(ctx context.Context, tables []string) (names []string, err error) {
	rows, err := l.readers.QueryContext(ctx, "select name, tbl_name from sqlite_master where rootpage > 0 order by rootpage")
	if err != nil {
		return nil, trouble(err, "the trees")
	}
	defer func() { err = closed(rows, err) }()
	for rows.Next() {
		var name, of string
		if err := rows.Scan(&name, &of); err != nil {
			return nil, err
		}
		for _, t := range tables {
			if of == t || strings.HasPrefix(of, t+"_") && shadow(strings.TrimPrefix(of, t)) {
				names = append(names, name)
				break
			}
		}
	}
	return names, rows.Err()
}

// shadow says whether a table is one in which FTS5 keeps an index.
func shadow(ending string) bool {
	switch ending {
	case "_data", "_idx", "_content", "_docsize", "_config":
		return true
	}
	return false
}

func closed(rows *sql.Rows, err error) error {
	if end := rows.Close(); err == nil {
		err = end
	}
	return err
}

// fillTree fills the gaps of one tree, and says how many of its pages were changed by others before it came to them.
func (l *lite) fillTree(ctx context.Context, tree string) (left int, err error) {
	found, err := l.gaps(ctx, tree)
	for len(found) > 0 && err == nil {
		part := found[:min(gapsAtOnce, len(found))]
		found = found[len(part):]
		var missed int
		missed, err = l.fill(ctx, part)
		left += missed
	}
	return left, err
}

// gaps reads a tree in one state and gives the pages that have something in their gaps.
func (l *lite) gaps(ctx context.Context, tree string) (found []page, err error) {
	const pages = `select p.pgno, p.data from dbstat s join sqlite_dbpage p on p.pgno = s.pageno where s.name = $1 and s.pagetype <> 'overflow'`
	rows, err := l.readers.QueryContext(ctx, pages, tree)
	if err != nil {
		return nil, trouble(err, pages)
	}
	defer func() { err = closed(rows, err) }()
	for rows.Next() {
		var number int64
		var data sql.RawBytes
		if err := rows.Scan(&number, &data); err != nil {
			return nil, err
		}
		if full(gap(number, data)) {
			found = append(found, page{number, maphash.Bytes(seed, data)})
		}
	}
	return found, rows.Err()
}

// fill zeroes the gaps of pages that are still as they were read, in one transaction.
func (l *lite) fill(ctx context.Context, pages []page) (missed int, err error) {
	s, err := l.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			_ = s.rollback()
		}
	}()
	for _, p := range pages {
		now, err := pageNow(ctx, s, p.number)
		if err != nil {
			return 0, err
		}
		if maphash.Bytes(seed, now) != p.seen { // it may be no page of a tree by now: the next try looks again
			missed++
			continue
		}
		clear(gap(p.number, now))
		if _, err := s.exec(ctx, "update sqlite_dbpage set data = $1 where pgno = $2", []any{now, p.number}); err != nil {
			return 0, err
		}
	}
	return missed, s.commit(ctx)
}

// pageNow reads a page as it is in a transaction; nil when the file has become shorter.
func pageNow(ctx context.Context, s session, number int64) (data []byte, err error) {
	rows, err := s.query(ctx, "select data from sqlite_dbpage where pgno = $1", []any{number})
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		if err := rows.Scan(&data); err != nil {
			_ = rows.Close()
			return nil, err
		}
	}
	if err := rows.Err(); err != nil {
		_ = rows.Close()
		return nil, err
	}
	return data, rows.Close()
}

// gap is the part of a tree's page that belongs to nothing: after the list of cells and before the first cell. Empty for what is no
// such page. See "B-tree Pages" in https://sqlite.org/fileformat2.html.
func gap(number int64, data []byte) []byte {
	at := 0
	if number == 1 {
		at = 100 // the file's header
	}
	if len(data) < at+12 {
		return nil
	}
	header := 8
	switch data[at] {
	case 0x02, 0x05: // has a child to the right
		header = 12
	case 0x0a, 0x0d:
	default:
		return nil
	}
	cells, first := int(binary.BigEndian.Uint16(data[at+3:])), int(binary.BigEndian.Uint16(data[at+5:]))
	if first == 0 {
		first = 65536
	}
	from := at + header + 2*cells
	if from > first || first > len(data) {
		return nil
	}
	return data[from:first]
}

func full(gap []byte) bool {
	for _, b := range gap {
		if b != 0 {
			return true
		}
	}
	return false
}
