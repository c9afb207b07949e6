package ui

import (
	"strconv"
	"strings"
)

func quietSmall(a Action) Action {
	a.Quiet, a.Small = true, true
	return a
}

func small(a Action) Action {
	a.Small = true
	return a
}

const (
	chartWidth  = 300.0
	chartHeight = 56.0
	chartTop    = 6.0 // room for the line's own width
)

// points are the values in the chart's own units. A flat row of values lies in the middle.
func (c Chart) points() [][2]float64 {
	if len(c.Values) == 0 {
		return nil
	}
	lowest, highest := c.Values[0], c.Values[0]
	for _, v := range c.Values {
		lowest, highest = min(lowest, v), max(highest, v)
	}
	lowest = min(lowest, 0)
	out := make([][2]float64, len(c.Values))
	for i, v := range c.Values {
		x := 0.0
		if len(c.Values) > 1 {
			x = chartWidth * float64(i) / float64(len(c.Values)-1)
		}
		y := chartHeight - 2
		if highest > lowest {
			y -= (chartHeight - 2 - chartTop) * float64(v-lowest) / float64(highest-lowest)
		}
		out[i] = [2]float64{x, y}
	}
	return out
}

func (c Chart) line() string {
	var b strings.Builder
	for i, p := range c.points() {
		if i == 0 {
			b.WriteByte('M')
		} else {
			b.WriteByte('L')
		}
		b.WriteString(decimal(p[0]) + " " + decimal(p[1]))
	}
	if len(c.Values) == 1 {
		b.WriteString("H" + decimal(chartWidth))
	}
	return b.String()
}

func (c Chart) area() string {
	line := c.line()
	if line == "" {
		return ""
	}
	return line + "L" + decimal(chartWidth) + " " + decimal(chartHeight) + "L0 " + decimal(chartHeight) + "Z"
}

type bar struct{ x, y, w, h string }

func (c Chart) bars() []bar {
	points := c.points()
	out := make([]bar, len(points))
	step := chartWidth / float64(max(len(points), 1))
	for i, p := range points {
		out[i] = bar{decimal(step*float64(i) + step*0.12), decimal(p[1]), decimal(step * 0.76), decimal(chartHeight - p[1])}
	}
	return out
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }
