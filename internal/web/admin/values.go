package admin

import (
	"strconv"
	"time"
)

// ms is a moment as the database keeps it; 0 is none.
func ms(at int64) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return time.UnixMilli(at)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// version is what the editor saw of a thing. What cannot be read matches nothing that there is.
func version(s string) int64 {
	if s == "" {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return -1
	}
	return n
}

func (p brandProps) verb() string {
	if p.New {
		return "Add brand"
	}
	return "Save"
}
