package password

import (
	"math"
	"strings"
)

// Keyboards by row, unshifted and shifted. Each row sits half a key to the right of the one above.
var keyboards = [][2][4]string{
	{{"`1234567890-=", " qwertyuiop[]\\", " asdfghjkl;'", " zxcvbnm,./"}, {"~!@#$%^&*()_+", " QWERTYUIOP{}|", " ASDFGHJKL:\"", " ZXCVBNM<>?"}},
	{{"^1234567890ß´", " qwertzuiopü+", " asdfghjklöä#", " yxcvbnm,.-"}, {"°!\"§$%&/()=?`", " QWERTZUIOPÜ*", " ASDFGHJKLÖÄ'", " YXCVBNM;:_"}},
	{{"²&é\"'(-è_çà)=", " azertyuiop^$", " qsdfghjklmù*", " wxcvbn,;:!"}, {" 1234567890°+", " AZERTYUIOP¨£", " QSDFGHJKLM%µ", " WXCVBN?./§"}},
}

type key struct {
	row, column int
	shifted     bool
}

func find(board [2][4]string, r rune) (key, bool) {
	if r == ' ' {
		return key{}, false
	}
	for shift, rows := range board {
		for row, keys := range rows {
			if at := strings.IndexRune(keys, r); at >= 0 {
				return key{row, len([]rune(keys[:at])), shift == 1}, true
			}
		}
	}
	return key{}, false
}

// direction from one key to a neighbour, 1 to 6 clockwise; 0 when they are not neighbours.
func (k key) direction(to key) int {
	switch (key{row: to.row - k.row, column: to.column - k.column}) {
	case key{row: -1}:
		return 1
	case key{row: -1, column: 1}:
		return 2
	case key{column: 1}:
		return 3
	case key{row: 1}:
		return 4
	case key{row: 1, column: -1}:
		return 5
	case key{column: -1}:
		return 6
	}
	return 0
}

// walks are "qwerty", "zaq1", "asdfgh": neighbouring keys, three or more.
func walks(candidate []rune) (found []match) {
	for _, board := range keyboards {
		for first := 0; first < len(candidate)-1; {
			last, turns, shifts, way := first, 0, 0, 0
			at, ok := find(board, candidate[first])
			for ok && last+1 < len(candidate) {
				next, known := find(board, candidate[last+1])
				step := at.direction(next)
				if !known || step == 0 {
					break
				}
				if step != way {
					turns, way = turns+1, step
				}
				if next.shifted {
					shifts++
				}
				at, last = next, last+1
			}
			if last-first >= 2 {
				found = append(found, match{first, last, walkBits(last-first+1, turns, shifts)})
			}
			first = max(last, first+1)
		}
	}
	return found
}

// walkBits counts the walks of at most this length and this many turns, as zxcvbn does, on a keyboard of 94 characters
// whose keys have 4.6 neighbours.
func walkBits(length, turns, shifts int) float64 {
	var ways float64
	for i := 2; i <= length; i++ {
		for j := 1; j <= min(turns, i-1); j++ {
			ways += choose(float64(i-1), float64(j-1)) * 94 * math.Pow(4.6, float64(j))
		}
	}
	bits := math.Log2(ways)
	if shifts > 0 {
		var ways float64
		for i := 0; i <= min(shifts, length-shifts); i++ {
			ways += choose(float64(length), float64(i))
		}
		bits += math.Log2(ways)
	}
	return bits
}
