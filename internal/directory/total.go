package directory

import (
	"strings"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// total is the exact number of rows of a request, over all its pages: one scan of the narrow table, or of the candidates of a search.
func (l *roll) total(v *op.View, in Ask) (total int64, err error) {
	r, err := l.open(v, in)
	if err != nil {
		return 0, err
	}
	return r.count()
}

func (r *run) count() (total int64, err error) {
	if total, known, err := r.everybody(); known || err != nil {
		return total, err
	}
	b := r.matching()
	if r.search.given() && (r.search.match != "" || r.Dialect() == store.PostgreSQL) {
		b, _ = r.found()
	}
	sql, args := b.Select("count(*)").Build()
	if total, err = store.Value[int64](r.QueryRow(sql, args...)); err != nil || len(r.search.orders) == 0 {
		return total, err
	}
	sql, args = r.byOrder().Select("count(*)").Build()
	more, err := store.Value[int64](r.QueryRow(sql, args...))
	return total + more, err
}

// everybody is the total of a list that nothing narrows, which is the one asked for most: all numbers of the brand less the few who
// are archived or no customers, in half the time of a look at every row.
func (r *run) everybody() (total int64, known bool, err error) {
	b := builder()
	if r.req.Filtered() || r.marketing || r.reach.condition(b, nil) != "" {
		return 0, false, nil
	}
	from, to := r.numbers()
	all := builder()
	all.Select("count(*)").From("people p"+r.Dialect().NotIndexed()).Where("p.num >= "+all.Var(from), "p.num < "+all.Var(to))
	archived := builder()
	archived.Select("count(*)").From("people p").Where("p.brand_num = "+archived.Var(r.brandNum()), "p.status <> 1", "p.status >= 5")
	others := builder()
	others.Select("1 as one").From("people p").Where("p.brand_num = "+others.Var(r.brandNum()), "p.kinds <> 1", "p.status < 5")
	if r.list.base == "" {
		others.Where("1 = 0")
	} else {
		others.Where("not " + r.list.base)
	}
	others.Limit(fewRows + 1)
	b.Select(b.BuilderAs(all, "total"), b.BuilderAs(archived, "archived"), "(select count(*) from "+b.BuilderAs(others, "others")+") as others")
	sql, args := b.Build()
	var gone, rest int64
	if err := r.QueryRow(sql, args...).Scan(&total, &gone, &rest); err != nil || rest > int64(fewRows) {
		return 0, false, err
	}
	return total - gone - rest, true, nil
}

// Figures are the statistics above the list of users, within the viewer's scope. Who is invited, archived or erased counts nowhere.
type Figures struct {
	Total    int64 // accounts
	Admins   int64 // accounts with a staff role in force
	Verified int64 // with a verified e-mail address
	ThisWeek int64 // registered in the last 7 days, today included
}

// Statistics gives the figures above the list of users.
var Statistics = &op.Query[brand.ID, Figures]{
	Name: "user.statistics", Summary: "Count accounts, admins and verified users", Allow: access.UsersView, Do: figures,
}

func figures(v *op.View, of brand.ID) (f Figures, err error) {
	r, err := users.open(v, Ask{Brand: of})
	if err != nil {
		return f, err
	}
	week := field.DaysAgo(v.Now(), 7, r.terms.Zone)
	b := r.matching()
	b.Where("p.status <> " + b.Var(user.Invited.Num()))
	b.Select("count(*)", "cast(coalesce(sum(p.email_verified), 0) as bigint)", "count(case when p.registered_at >= "+b.Var(week)+" then 1 end)")
	sql, args := b.Build()
	if err = v.QueryRow(sql, args...).Scan(&f.Total, &f.Verified, &f.ThisWeek); err != nil {
		return f, err
	}
	f.Admins, err = r.admins()
	return f, err
}

// admins counts who has a staff grant in force. It asks the grants, which are few, and not the narrow rows: those hear of a grant
// that began or ran out a little later.
func (r *run) admins() (int64, error) {
	b := builder()
	now := r.Now().UnixMilli()
	var roles []string
	for _, staff := range access.BuiltIn {
		if staff.For == access.Staff {
			roles = append(roles, b.Var(staff.Key))
		}
	}
	b.Select("count(distinct g.user_id)").From("grants g cross join users u cross join people p").
		Where("g.role in ("+strings.Join(roles, ", ")+")", "g.ended_at = 0", "g.from_at <= "+b.Var(now),
			"(g.until_at = 0 or g.until_at > "+b.Var(now)+")", "u.id = g.user_id", "u.brand_id = "+b.Var(string(r.home)),
			"p.num = u.num", "p.status <> "+b.Var(user.Invited.Num())).
		Where(r.conditions(b)...)
	sql, args := b.Build()
	return store.Value[int64](r.QueryRow(sql, args...))
}
