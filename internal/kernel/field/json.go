package field

import (
	"encoding/json"
	"fmt"
	"time"
)

// AppendJSON writes a row as an object of the fields that the viewer sees, in the order of the list. Times are RFC 3339 UTC, and
// what is not there is null.
func (v *Visible[R]) AppendJSON(dst []byte, row *R) ([]byte, error) {
	dst = append(dst, '{')
	first := true
	for _, f := range v.fields {
		if f.Value == nil {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		value, err := json.Marshal(f.plain(row))
		if err != nil {
			return nil, fmt.Errorf("write %s.%s: %w", v.list.Name, f.Key, err)
		}
		dst = append(dst, '"')
		dst = append(dst, f.Key...)
		dst = append(dst, `":`...)
		dst = append(dst, value...)
	}
	return append(dst, '}'), nil
}

// plain is the value as JSON writes it.
func (f *Field[R]) plain(row *R) any {
	value := f.Value(row)
	switch f.Type {
	case Time:
		ms, _ := value.(int64)
		if ms == 0 {
			return nil
		}
		return time.UnixMilli(ms).UTC().Format(time.RFC3339Nano)
	case Text, Choice:
		if value == "" {
			return nil
		}
	case Share:
		if hundredths, ok := value.(int64); ok {
			return float64(hundredths) / 100 // percent
		}
	}
	return value
}
