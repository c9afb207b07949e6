package customer

import (
	"errors"
	"maps"
	"slices"

	"github.com/stewardhq/steward/internal/kernel/store"
)

// inSizes are the lengths that lists of values are filled up to, by repeating the last one: a few texts are prepared once and
// kept, where one for each length would push all others out.
var inSizes = [...]int{1, 4, 16, 64, 256, 512}

// each runs "head in (values) tail" and hands on the rows. More values than the largest size are asked for in several rounds.
func each[V any](r store.Reader, head string, values []V, tail string, row func(store.Row) error, before ...any) error {
	for part := range slices.Chunk(values, inSizes[len(inSizes)-1]) {
		size := inSizes[slices.IndexFunc(inSizes[:], func(n int) bool { return n >= len(part) })]
		args := slices.Clone(before)
		for i := range size {
			args = append(args, part[min(i, len(part)-1)])
		}
		if err := eachRow(r, row, head+r.Dialect().In("", len(before)+1, size)+" "+tail, args); err != nil {
			return err
		}
	}
	return nil
}

func eachRow(r store.Reader, do func(store.Row) error, sql string, args []any) (err error) {
	rows, err := r.Query(sql, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Each is "head in (values) tail" for the packages that read by lists of keys; before are the arguments $1… of head.
func Each[V any](r store.Reader, head string, values []V, tail string, row func(store.Row) error, before ...any) error {
	return each(r, head, values, tail, row, before...)
}

func sorted[K ~int64 | ~string](set map[K]bool) []K { return slices.Sorted(maps.Keys(set)) }
