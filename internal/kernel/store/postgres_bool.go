package store

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgtype"
)

// teachBool lets a Go bool go into and come out of an integer column, 0 or 1, as database/sql does for SQLite.
func teachBool(m *pgtype.Map) {
	m.TryWrapEncodePlanFuncs = append([]pgtype.TryWrapEncodePlanFunc{func(value any) (pgtype.WrappedEncodePlanNextSetter, any, bool) {
		b, ok := value.(bool)
		return &encodeBool{}, number(b), ok
	}}, m.TryWrapEncodePlanFuncs...)
	m.TryWrapScanPlanFuncs = append([]pgtype.TryWrapScanPlanFunc{func(target any) (pgtype.WrappedScanPlanNextSetter, any, bool) {
		b, ok := target.(*bool)
		return &scanBool{}, (*number)(b), ok
	}}, m.TryWrapScanPlanFuncs...)
}

// number is a bool that pgx takes for an integer.
type number bool

// SkipUnderlyingTypePlan keeps pgx from taking it for a bool again.
func (number) SkipUnderlyingTypePlan() {}

// Int64Value is 0 or 1.
func (n number) Int64Value() (pgtype.Int8, error) {
	if n {
		return pgtype.Int8{Int64: 1, Valid: true}, nil
	}
	return pgtype.Int8{Valid: true}, nil
}

// ScanInt64 takes 0 or 1.
func (n *number) ScanInt64(v pgtype.Int8) error {
	if !v.Valid {
		return errors.New("cannot scan NULL into *bool")
	}
	if v.Int64 != 0 && v.Int64 != 1 {
		return fmt.Errorf("cannot scan %d into *bool", v.Int64)
	}
	*n = v.Int64 == 1
	return nil
}

type encodeBool struct{ next pgtype.EncodePlan }

func (p *encodeBool) SetNext(next pgtype.EncodePlan) { p.next = next }

func (p *encodeBool) Encode(value any, buf []byte) ([]byte, error) {
	return p.next.Encode(number(value.(bool)), buf)
}

type scanBool struct{ next pgtype.ScanPlan }

func (p *scanBool) SetNext(next pgtype.ScanPlan) { p.next = next }

func (p *scanBool) Scan(src []byte, target any) error {
	return p.next.Scan(src, (*number)(target.(*bool)))
}
