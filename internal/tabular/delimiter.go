package tabular

import "fmt"

// detect chooses the delimiter that splits the first rows into the same number of cells; among equals the one that
// makes most cells, and , when nothing splits.
func (c *csvRows) detect() byte {
	best, bestScore := byte(','), 0
	for _, d := range []byte{',', ';', '\t', '|'} {
		c.delim = d
		data, columns, same := c.unread(), 0, 0
		for row := 0; row < 20 && len(data) > 0; row++ {
			n, whole := c.parse(data, c.eof)
			if !whole || n == 0 {
				break
			}
			if row == 0 {
				columns = len(c.cells)
			} else if len(c.cells) == columns {
				same++
			}
			data = data[n:]
		}
		if columns < 2 {
			continue
		}
		if score := same*MaxColumns*2 + columns; score > bestScore {
			best, bestScore = d, score
		}
	}
	if best != ',' {
		c.note(fmt.Sprintf("The cells are separated by %q.", best))
	}
	return best
}
