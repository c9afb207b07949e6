package api

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"

	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/export"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/subject"
	"github.com/stewardhq/steward/internal/user"
)

// Export is a file that was asked for.
type Export struct {
	ID        export.ID    `json:"id" example:"exp_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Kind      string       `json:"kind" enum:"activity,subject,users,customers"`
	User      string       `json:"user,omitempty" description:"Whom it is about."`
	State     export.State `json:"state" enum:"waiting,running,ready,failed,expired,cancelled"`
	Code      string       `json:"code,omitempty" description:"Of the refusal that it failed with."`
	Rows      int64        `json:"rows" description:"How many rows it has, or has so far."`
	Bytes     int64        `json:"bytes" description:"How large the file is; 0 until it is ready."`
	Columns   []string     `json:"columns" description:"Or sections, of a subject package."`
	Purpose   string       `json:"purpose,omitempty"`
	Job       string       `json:"job" example:"job_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	MadeAt    Time         `json:"created_at"`
	ReadyAt   Time         `json:"ready_at"`
	ExpiresAt Time         `json:"expires_at" description:"The file is deleted then."`
}

type (
	exportPath struct {
		Export export.ID `path:"export" json:"-" description:"Id of the export."`
	}
	exportList struct {
		Uncounted
	}
	newActivityExport struct {
		userPath
		Kinds   []directory.LineKind `json:"kinds,omitempty" enum:"sign_in,password,profile,order,refund,security,account,admin" description:"All that you may export when left out."`
		From    Time                 `json:"from,omitempty" description:"This instant and later."`
		To      Time                 `json:"to,omitempty" description:"Before this instant."`
		Outcome directory.Outcome    `json:"outcome,omitempty" enum:"ok,failed"`
		Purpose string               `json:"purpose" required:"true" enum:"security,compliance,support"`
	}
	newPackage struct {
		userPath
		Purpose string `json:"purpose" required:"true" enum:"subject_access,portability,compliance"`
	}
	newListExport struct {
		InBrand
		Brand   string   `json:"brand,omitempty" description:"Instead of ?brand=."`
		List    string   `json:"list" required:"true" enum:"users,customers"`
		Query   string   `json:"query,omitempty" example:"status=active&sort=-lifetime_spend&q=smith" description:"Filters, search and order, as in the address of the list."`
		Columns []string `json:"columns,omitempty" example:"[\"name\",\"email\"]" description:"Fields of the list, in its order. Left out: name, e-mail, phone, role, status, what is verified, registration and last login."`
		Most    int64    `json:"most,omitempty" description:"An export that turns out to have more rows fails. Left out: any number, which needs a step-up, as more than 500 do."`
		Purpose string   `json:"purpose" required:"true" enum:"analysis,compliance,support,backup,marketing_list"`
	}
	// Started is an export that was just asked for.
	Started struct {
		ID export.ID `json:"id" example:"exp_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	}
)

// fileBody is an answer that is a file.
type fileBody struct{}

var accepted option = func(r *route) { r.status = http.StatusAccepted }

func exports(t *table) {
	Action(t, "POST /v1/users/{user}/activity/exports", directory.ExportActivity,
		func(_ *Call, w newActivityExport) (directory.ActivityExport, error) {
			return directory.ActivityExport{User: w.User, Kinds: w.Kinds, From: int64(w.From), To: int64(w.To), Outcome: w.Outcome, Purpose: w.Purpose}, nil
		}, started[newActivityExport], accepted, says("Export the activity log of a person as CSV: it is made by a job"))
	Action(t, "POST /v1/users/{user}/subject-package", subject.Export,
		func(_ *Call, w newPackage) (subject.Asked, error) {
			return subject.Asked{User: w.User, Purpose: w.Purpose}, nil
		}, started[newPackage], accepted, says("Export everything about a person as CSV and JSON in a zip: it is made by a job"))
	Action(t, "POST /v1/exports", directory.ExportList,
		func(c *Call, w newListExport) (in directory.ListExport, err error) {
			in = directory.ListExport{List: w.List, Columns: w.Columns, Most: w.Most, Purpose: w.Purpose, Ask: directory.Ask{Form: field.API}}
			if in.Params, err = url.ParseQuery(w.Query); err != nil {
				return in, errs.Field("query", "Write it as in the address of the list: status=active&sort=-registered_at.")
			}
			named, err := either(w.Named, w.Brand)
			if err != nil {
				return in, err
			}
			in.Brand, err = c.Home(named)
			return in, err
		}, started[newListExport], accepted, says("Export a list of people as CSV: it is made by a job"))
	Query(t, "GET /v1/exports", export.List,
		func(c *Call, w exportList) (p export.Page, err error) {
			p.Limit, err = w.size()
			if err == nil && w.Cursor != "" {
				_, last, e := c.openCursor(w.Cursor, "")
				p.Before, err = export.ID(last), e
			}
			return p, err
		},
		func(c *Call, w exportList, all []export.Shown) (l List[Export], err error) {
			size, err := w.size()
			if err == nil && len(all) > size {
				all = all[:size]
				next := c.sealCursor(size, string(all[size-1].ID), "")
				l.Next = &next
			}
			l.Data = []Export{}
			for i := range all {
				l.Data = append(l.Data, exportOf(&all[i]))
			}
			return l, err
		}, says("List the exports that this key asked for, newest first"))
	Query(t, "GET /v1/exports/{export}", export.Show, exportID,
		func(_ *Call, _ exportPath, e export.Shown) (Export, error) { return exportOf(&e), nil })
	Action(t, "DELETE /v1/exports/{export}", export.Cancel, exportID, empty[exportPath, op.None], says("Cancel an export that is being made"))
	file := declare[exportPath, fileBody](t, "GET /v1/exports/{export}/file", export.Open.Entry(), []option{says("Download the file of an export: CSV or zip")})
	file.serve = serveExport
}

func exportID(_ *Call, w exportPath) (export.ID, error) { return w.Export, nil }

func started[W any](c *Call, _ W, id export.ID) (Started, error) {
	c.at("/v1/exports/" + string(id))
	return Started{id}, nil
}

func exportOf(e *export.Shown) Export {
	return Export{
		ID: e.ID, Kind: e.Kind, User: string(user.ID(e.Subject)), State: e.State, Code: e.Code, Rows: max(e.Rows, e.Done), Bytes: e.Bytes,
		Columns: words(e.Columns), Purpose: e.Purpose, Job: e.Job, MadeAt: Time(e.MadeAt), ReadyAt: Time(e.ReadyAt), ExpiresAt: Time(e.ExpiresAt),
	}
}

// serveExport hands a file out: saved by whoever asked, never shown.
func serveExport(c *Call) error {
	var w exportPath
	if err := c.read(&w); err != nil {
		return err
	}
	f, err := c.Exports.Open(c.Context(), c.Caller, w.Export)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	h := c.W.Header()
	h.Set("Content-Type", f.Type)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.FormatInt(f.Bytes, 10))
	if c.R.Method == http.MethodHead {
		return nil
	}
	if _, err := io.Copy(c.W, f); err != nil {
		c.Log.Info("a file was not sent whole", "request", c.number(), "error", fmt.Errorf("export %s: %w", w.Export, err))
	}
	return nil
}
