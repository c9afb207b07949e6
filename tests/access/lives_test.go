package access

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/export"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/world"
)

// as runs an operation as somebody, with the code that it asks for.
func (s *scene) as(c *op.Caller, name string, in any) (out any, err error) {
	e := s.entries[name]
	value, err := build(e.In, in)
	if err != nil {
		s.t.Fatalf("%s: %v", name, err)
	}
	out, err = e.Call(context.Background(), s.w.Door, c, value.Interface())
	if errors.Is(err, op.ErrStepUpRequired) {
		id, _ := errs.Of(err).Extra["step_up"].(string)
		out, err = e.Call(context.Background(), s.w.Door, c, value.Interface(), op.With(op.Proof{ID: id, Code: s.code(c.Person)}))
		s.breathe(true)
	}
	return out, err
}

// must is as, of what is not refused.
func (s *scene) must(c *op.Caller, name string, in any) any {
	s.t.Helper()
	out, err := s.as(c, name, in)
	if err != nil {
		s.t.Fatalf("%s: %v", name, err)
	}
	return out
}

// live gives a customer what an account has beside its orders: they were suspended once, agreed to something, were looked after by
// somebody who saw what they see, sign in from a place of their own, and ask to be deleted. Somebody is invited to where they shop,
// and a Super Admin has exported what there is about them.
func (k *known) live(s *scene) {
	s.t.Helper()
	ada, p := s.w.As("ada"), s.w.Place(k.brand)
	s.must(ada, "user.suspend", fields{"User": k.id, "Reason": k.words + " dispute"})
	s.must(ada, "user.reinstate", fields{"User": k.id})
	s.must(ada, "consent.set", fields{"User": k.id, "Purpose": "email_marketing", "Given": true, "Reason": k.words + " form"})
	s.must(ada, "user.impersonate", fields{"User": k.id, "Audience": "account", "Reason": k.words + " look"})
	s.must(ada, "user.end_impersonations", k.id)

	from := auth.From{IP: k.ip, Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", Request: "req_made"}
	in := fieldsOf(s.must(from.Nobody(), "auth.sign_in", fields{"User": k.id, "Audience": "account", "Method": "code"}))
	_, c, err := s.w.Desk.Resolve(s.t.Context(), from, session.Account, in["Token"].(string))
	if err != nil {
		s.t.Fatal(err)
	}
	k.session = c.Session
	s.must(c, "consent.set", fields{"User": k.id, "Purpose": "profiling", "Given": true})
	s.must(c, "deletion.ask", fields{"Reason": k.words + " wish"})

	k.invitation = fmt.Sprint(fieldsOf(s.must(ada, "invitation.create", fields{
		"Email": k.hired, "FirstName": "New", "Role": "hub_admin", "Places": []any{fields{"Brand": p.ID, "Locations": []any{p.Hub[k.hub]}}}, "Send": true,
	}))["Invitation"])
	k.key = fmt.Sprint(fieldsOf(fieldsOf(s.must(ada, "apikey.create", fields{
		"Name": k.words + " key", "Scope": p.ID.Scope(), "Permissions": access.Of(access.CustomersView),
	}))["Key"])["ID"])
	k.file = fmt.Sprint(s.must(ada, "subject.package", fields{"User": k.id, "Purpose": "compliance"}))
	s.makes(export.ID(k.file))
	for _, e := range s.w.Events(string(p.ID)) {
		if e.Op == "user.edit" {
			k.event = e.ID
		}
	}
	for column, to := range map[string]*string{"job_id from exports where subject": &k.job, "id from deletion_requests where user_id": &k.request} {
		if err := s.w.Store.Read(s.t.Context()).QueryRow("select "+column+" = $1", string(k.id)).Scan(to); err != nil {
			s.t.Fatal(err)
		}
	}
	s.w.Later(10 * time.Minute)
}

// makes makes a file that was asked for, as the job would.
func (s *scene) makes(file export.ID) {
	s.t.Helper()
	if err := s.w.Exports.Make(s.t.Context(), &jobs.Job[export.Make]{Args: export.Make{Export: file}, Attempt: 1, Attempts: 3}); err != nil {
		s.t.Fatal(err)
	}
}

// export asks for the files about everybody, as one of the named people, and reads those that are made.
func (s *scene) export(t *testing.T, who string, people []*known) found {
	t.Helper()
	all, c := found{}, s.w.As(who)
	for _, k := range people {
		for operation, in := range map[string]fields{
			"person.export_activity": {"User": k.id, "Purpose": "compliance"}, "subject.package": {"User": k.id, "Purpose": "compliance"},
		} {
			s.w.Later(10 * time.Minute) // ten an hour
			out, err := s.as(c, operation, in)
			if err != nil {
				if kind := errs.Of(err).Kind; kind != errs.Forbidden && kind != errs.NotFound {
					t.Errorf("%s of the customer of %s as %s: %v", operation, k.place, who, err)
				}
				continue
			}
			id := out.(export.ID)
			s.makes(id)
			f, err := s.w.Exports.Open(t.Context(), c, id)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(f)
			_ = f.Close()
			if err != nil {
				t.Fatal(err)
			}
			all[operation+" of "+k.place] = unzipped(t, text)
		}
	}
	return all
}

// unzipped is what a file says: all of its files, where it is a zip.
func unzipped(t *testing.T, text []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return string(text)
	}
	var b strings.Builder
	for _, part := range z.File {
		f, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&b, f); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	return b.String()
}

// Whoever may export people has no more in their files than on their pages: a Shop Manager who was given the right finds orders in
// them, and nothing of what a customer is worth.
func TestAFileHasNoMoreThanItsOwnerSees(t *testing.T) {
	t.Parallel()
	world.Each(t, func(t *testing.T, w *world.World) {
		s := newScene(t, w)
		people := knowns()[:2]
		for _, k := range people {
			k.make(s)
			k.live(s)
		}
		olu := s.w.Member("olu").ID
		s.do("user.change_role", fields{"User": olu, "Role": "shop_manager", "Places": []any{fields{"Brand": s.aurora}}, "Reason": "Exports for the accountant",
			"Levels": map[access.Area]access.Choice{"customers": {Level: access.View, Single: access.Of(access.CustomersPurchases, access.CustomersExport)}}})
		files := s.export(t, "olu", people)
		for _, k := range people {
			if len(files.with(k.email)) == 0 {
				t.Errorf("no file of %d has the customer of %s: the test says nothing", len(files), k.place)
			}
			for _, sum := range k.sums() {
				for _, text := range spellings(sum) {
					if at := files.with(text); len(at) > 0 {
						t.Errorf("a sum of the customer of %s (%s) stands in %v", k.place, text, at)
					}
				}
			}
			for what, text := range map[string]string{"where they sign in from": k.ip, "a reason out of the log": k.words} {
				if at := files.with(text); len(at) > 0 {
					t.Errorf("%s (%s) stands in %v", what, text, at)
				}
			}
		}
	})
}
