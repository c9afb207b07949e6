package field

import (
	"strings"
)

// Conditions gives the SQL of a request's filters, one for each.
func (v *Visible[R]) Conditions(b Builder, r *Request) []string {
	conditions := make([]string, 0, len(r.Predicates))
	for i := range r.Predicates {
		conditions = append(conditions, v.Condition(b, &r.Predicates[i]))
	}
	return conditions
}

// Condition gives the SQL of one filter.
func (v *Visible[R]) Condition(b Builder, p *Predicate) string {
	i := v.list.find(p.Field)
	if i < 0 || !v.seen[i] {
		return "1 = 0" // a request that another viewer parsed
	}
	f := &v.list.Fields[i]
	if f.Condition != nil {
		return f.Condition(b, p)
	}
	switch f.Type {
	case Choice, Flag:
		return AnyNum(b, f.Where, p.Nums)
	case Text:
		holes := make([]string, len(p.Texts))
		for i, s := range p.Texts {
			holes[i] = b.Var(s)
		}
		return f.Where + " in (" + strings.Join(holes, ", ") + ")"
	}
	return AnyRange(b, f.Where, p.Ranges)
}

// AnyNum is "expression in (…)".
func AnyNum(b Builder, expression string, nums []int64) string {
	switch len(nums) {
	case 0:
		return "1 = 0"
	case 1:
		return expression + " = " + b.Var(nums[0])
	}
	holes := make([]string, len(nums))
	for i, n := range nums {
		holes[i] = b.Var(n)
	}
	return expression + " in (" + strings.Join(holes, ", ") + ")"
}

// AnyRange says that an expression lies in one of the ranges.
func AnyRange(b Builder, expression string, ranges []Range) string {
	parts := make([]string, 0, len(ranges))
	for _, r := range ranges {
		var ends []string
		if !r.NoFrom {
			ends = append(ends, expression+" >= "+b.Var(r.From))
		}
		if !r.NoTo {
			ends = append(ends, expression+" < "+b.Var(r.To))
		}
		if len(ends) == 0 {
			ends = []string{"1 = 1"}
		}
		parts = append(parts, strings.Join(ends, " and "))
	}
	switch len(parts) {
	case 0:
		return "1 = 0"
	case 1:
		return parts[0]
	}
	return "(" + strings.Join(parts, " or ") + ")"
}

// Order is what the list of a request is sorted along.
func (v *Visible[R]) Order(r *Request) *Order {
	return v.list.Fields[v.list.find(r.Sort.Key)].Sort
}
