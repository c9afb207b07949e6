package ui

import (
	"strconv"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// qrQuiet is the empty border that a reader needs, in modules.
const qrQuiet = 4

// qrPath draws the dark modules of a QR code as one path, row by row, and says how wide the whole is. Nothing comes back for a text
// that is too long for one; the page has the text beside it.
func qrPath(text string) (path string, size int) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", 0
	}
	n := code.Bounds().Dx()
	var b strings.Builder
	for y := range n {
		for x := 0; x < n; x++ {
			run := 0
			for x+run < n && dark(code.At(x+run, y)) {
				run++
			}
			if run > 0 {
				b.WriteString("M" + strconv.Itoa(x+qrQuiet) + " " + strconv.Itoa(y+qrQuiet) + "h" + strconv.Itoa(run) + "v1h-" + strconv.Itoa(run) + "z")
				x += run
			}
		}
	}
	return b.String(), n + 2*qrQuiet
}

func dark(c interface{ RGBA() (r, g, b, a uint32) }) bool {
	r, _, _, _ := c.RGBA()
	return r == 0
}

func qrBox(size int) string { return "0 0 " + strconv.Itoa(size) + " " + strconv.Itoa(size) }
