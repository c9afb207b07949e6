package web

import (
	"errors"
	"maps"
	"slices"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/web/ui"
)

// refused is a refusal that the form itself can say: what is wrong with its fields, and what belongs to none of them.
type refused struct {
	fields  map[string]string
	problem []ui.Run
	status  int
}

// refused reads a refusal of a value, or of a state of things that does not allow it. Everything else is not the form's to say.
func (v *Visit) refused(err error) (r refused, ok bool) {
	var e *errs.Error
	if !errors.As(err, &e) || !slices.Contains([]errs.Kind{errs.Invalid, errs.Conflict, errs.Stale, errs.TooMany}, e.Kind) {
		return r, false
	}
	r = refused{fields: maps.Clone(e.Fields), status: v.Status(err)}
	switch {
	case len(r.fields) > 0:
	case errors.Is(err, op.ErrStepUpRate) && e.Retry > 0:
		r.problem = ui.Text(ui.T("That is too many codes in a short time. The next one can be sent in " + InWords(e.Retry) + "."))
	default:
		r.problem = ui.Text(ui.T(e.Detail))
	}
	return r, true
}

// lines is the summary over a form, in the order of its fields.
func (r refused) lines(order ...string) (lines []ui.FormError) {
	for _, field := range order {
		if text := r.fields[field]; text != "" {
			lines = append(lines, ui.FormError{Field: field, Text: text})
		}
	}
	return lines
}

// all is the whole refusal, where there is no field to say a part of it at.
func (r refused) all() []ui.Run {
	runs := r.problem
	for _, field := range sortedFields(r.fields) {
		runs = append(runs, ui.T(r.fields[field]+" "))
	}
	return runs
}

func (r refused) text(e *errs.Error) string {
	for _, field := range sortedFields(r.fields) {
		return r.fields[field]
	}
	return e.Detail
}
