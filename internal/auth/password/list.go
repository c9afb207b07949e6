package password

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

// largestList is the most that an operator's file may have: it is kept in memory, once, as it is.
const largestList = 32 << 20

// List is the operator's own blocklist: passwords that were seen in a breach, names of products, the street of the shop.
type List struct{ words []string } // sorted, folded; all share one string

// OpenList reads a file with one password on each line, UTF-8, at most 32 MiB. Empty lines and lines that begin with "#: "
// are left out. It costs about the size of the file and 16 bytes for each line.
func OpenList(path string) (*List, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the list of blocked passwords: %w", err)
	}
	defer f.Close()
	list, err := ReadList(f)
	if err != nil {
		return nil, fmt.Errorf("reading the list of blocked passwords %s: %w", path, err)
	}
	return list, nil
}

// ReadList is OpenList for what is open already.
func ReadList(r io.Reader) (*List, error) {
	var all strings.Builder
	lines := bufio.NewScanner(io.LimitReader(r, largestList+1))
	lines.Buffer(make([]byte, 0, 4096), 64<<10)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSuffix(lines.Text(), "\r")
		if !utf8.ValidString(line) {
			return nil, fmt.Errorf("line %d is not UTF-8: save the file as UTF-8", number)
		}
		if line == "" || strings.HasPrefix(line, "#: ") {
			continue
		}
		all.WriteString(fold(line))
		all.WriteByte('\n')
		if all.Len() > largestList {
			return nil, errors.New("the file is larger than 32 MiB: keep the most common passwords only")
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	words := strings.Split(strings.TrimSuffix(all.String(), "\n"), "\n")
	slices.Sort(words)
	return &List{words: slices.Clip(slices.Compact(words))}, nil
}

// Has tells whether the list has the password, whatever its case. A nil list has none.
func (l *List) Has(candidate string) bool {
	if l == nil || candidate == "" {
		return false
	}
	_, found := slices.BinarySearch(l.words, fold(candidate))
	return found
}

// Len is how many different passwords the list has.
func (l *List) Len() int {
	if l == nil {
		return 0
	}
	return len(l.words)
}
