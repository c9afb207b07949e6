package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// A body that is taken is what everybody reads in it: the standard library, asked to be strict, finds the same fields and no others.
// What is refused is refused with a sentence and no fault of ours.
func FuzzABodyIsReadAsEverybodyReadsIt(f *testing.F) {
	type body struct {
		Email  string            `json:"email"`
		Age    int               `json:"age"`
		At     Time              `json:"at"`
		Roles  []string          `json:"roles"`
		Levels map[string]string `json:"levels"`
		Home   *struct {
			City string `json:"city"`
		} `json:"home"`
	}
	for _, text := range []string{
		`{"email":"a@b.example","age":3,"roles":["x"],"levels":{"a":"b"},"home":{"city":"York"},"at":"2026-11-20T09:00:00Z"}`, `{"Email":"a"}`, `{"email":"a","email":"b"}`, `{"email":null}`, `{"a":1}`, `{}`, ``, `null`,
		`[]`, `{} {}`, `{"age":1e2}`, `{"age":9999999999999999999}`, `{"email":"\ud800"}`, "{\"email\":\"\xff\"}", strings.Repeat(`{"home":`, 40), "\ufeff{}", `{"at":"0001-01-01T00:00:00Z"}`, `{"at":"2026-02-30T09:00:00Z"}`, `{"levels":{"a":"b","a":"c"}}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var ours body
		err := inspect(text)
		if err == nil {
			err = unmarshal(text, &ours)
		}
		if err != nil {
			if e, is := errors.AsType[*errs.Error](err); !is || e.Kind == errs.Fault || e.Detail == "" && len(e.Fields) == 0 {
				t.Errorf("%q is refused with %v", text, err)
			}
			return
		}
		var theirs body
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(&theirs); err != nil {
			t.Errorf("%q is taken, and elsewhere it is %v", text, err)
			return
		}
		a, errA := json.Marshal(ours)
		b, errB := json.Marshal(theirs)
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%q is read as %s, and elsewhere as %s (%v %v)", text, a, b, errA, errB)
		}
	})
}
