package record

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/netip"
	"strconv"
	"strings"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// Ask is what the log is asked. Empty fields do not restrict.
type Ask struct {
	Brand   brand.ID      `json:"brand"`             // one chain: of a brand, or brand.Platform; empty is every chain that the caller reads
	Op      string        `json:"op,omitempty"`      // an operation ("user.edit"), or an area with its dot ("user.")
	Outcome audit.Outcome `json:"outcome,omitempty"` // done, refused
	Who     string        `json:"who,omitempty"`     // who acted: id of a user or key, an e-mail address, or the name of a system actor
	Subject string        `json:"subject,omitempty"` // what it was done to, or whom it tells about: an id, or an e-mail address
	From    int64         `json:"from,omitempty"`    // epoch ms, inclusive
	To      int64         `json:"to,omitempty"`      // epoch ms, exclusive
	Words   string        `json:"words,omitempty"`   // the number of an entry, its id, or an IP address
	Limit   int           `json:"-"`                 // 1 to 200 (50)
	Cursor  string        `json:"-"`
}

// Filtered says whether anything but the place restricts.
func (a Ask) Filtered() bool {
	return a.Op != "" || a.Outcome != "" || a.Who != "" || a.Subject != "" || a.From != 0 || a.To != 0 || a.Words != ""
}

// Refusals of a question.
var (
	// ErrCursor refuses a cursor that was not made for this caller and question.
	ErrCursor = errs.New(errs.Malformed, "cursor", "This page link was not made for this list, these filters, or you. Start again at the first page.")
	// ErrWords refuses a search that the log cannot answer.
	ErrWords = errs.New(errs.Invalid, "audit_search", "The log is searched by the number of an entry, its id, or an IP address. Use the filters for people and for what was done.")
)

// question is an Ask that was understood.
type question struct {
	filter audit.Filter
	number int64      // of an entry
	entry  string     // id of an entry
	ip     netip.Addr // of the actor
}

// read understands an Ask for a caller, refusing what they may not read. What is asked stands on the trail.
func read(v *op.View, in Ask) (q question, err error) {
	if q.filter.Chains, err = chains(v, in.Brand); err != nil {
		return q, err
	}
	q.filter.Op, q.filter.Outcome, q.filter.From, q.filter.To, q.filter.Limit = in.Op, in.Outcome, in.From, in.To, in.Limit
	if in.Outcome != "" && in.Outcome != audit.Done && in.Outcome != audit.Refused {
		return q, errs.Field("outcome", "The outcome is done or refused.")
	}
	if in.Who != "" {
		who, err := resolve(v, in.Who, q.filter.Chains)
		switch {
		case err != nil:
			return q, err
		case strings.HasPrefix(who, id.User):
			q.filter.Person = who // by whatever key they acted
		default:
			q.filter.Actor = who
		}
	}
	if in.Subject != "" {
		if q.filter.Subject, err = resolve(v, in.Subject, q.filter.Chains); err != nil {
			return q, err
		}
	}
	if err := q.words(in.Words); err != nil {
		return q, err
	}
	q.filter.After, err = openCursor(v, in, in.Cursor)
	return q, err
}

// words reads the free text.
func (q *question) words(text string) (err error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil
	}
	if strings.HasPrefix(text, id.Audit) {
		q.entry = text
		return nil
	}
	digits := strings.NewReplacer(",", "", " ", "", "#", "").Replace(text)
	if q.number, err = strconv.ParseInt(digits, 10, 64); err == nil && q.number > 0 {
		return nil
	}
	if q.ip, err = netip.ParseAddr(text); err != nil {
		return ErrWords
	}
	q.ip = q.ip.Unmap()
	return nil
}

// resolve gives the id of who is named by id, address or the name of a system actor. A stranger's address is nobody's id.
func resolve(r store.Reader, who string, chains []string) (string, error) {
	if !strings.Contains(who, "@") {
		return who, nil
	}
	for _, chain := range append(chains, Platform) {
		u, err := user.FindByEmail(r, brand.ID(chain), who)
		if err == nil {
			return string(u.ID), nil
		}
		if !errors.Is(err, errs.ErrNotFound) {
			return "", err
		}
	}
	return who, nil
}

// chains are those that the question is about, as far as the caller reads them. The place goes on the trail.
func chains(v *op.View, at brand.ID) ([]string, error) {
	if at != "" && at != brand.Platform {
		b, err := brand.Find(v, at)
		if err != nil {
			return nil, err
		}
		return []string{string(at)}, v.Require(access.AuditView, b)
	}
	if at == brand.Platform {
		return []string{Platform}, v.Require(access.AuditView, op.Installation)
	}
	var all []string
	for _, node := range v.Nodes(access.AuditView) {
		switch node.Kind() {
		case access.PlatformNode:
			brands, err := brand.All(v)
			if err != nil {
				return nil, err
			}
			all = []string{Platform}
			for i := range brands {
				all = append(all, string(brands[i].ID))
			}
			return all, v.Require(access.AuditView, op.Installation)
		case access.BrandNode:
			all = append(all, node.BrandID())
		}
	}
	if len(all) == 0 {
		return nil, op.ErrForbidden.Say("You need “%s” for the whole brand. A Super Admin can give it to you.", access.AuditView.Label()).With("permission", access.AuditView.String())
	}
	b, err := brand.Find(v, brand.ID(all[0]))
	if err != nil {
		return nil, err
	}
	return all, v.Require(access.AuditView, b)
}

// Cursors say where a page ended. They are signed for the caller and the question, so that none can be made up or passed on.

const macBytes = 16

func sealCursor(v *op.View, about any, c audit.Cursor) (string, error) {
	if c == (audit.Cursor{}) {
		return "", nil
	}
	body, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	mac, err := cursorMAC(v, about, body)
	return base64.RawURLEncoding.EncodeToString(append(mac, body...)), err
}

func openCursor(v *op.View, about any, cursor string) (c audit.Cursor, err error) {
	if cursor == "" {
		return c, nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(raw) <= macBytes || len(raw) > 500 {
		return c, ErrCursor
	}
	mac, err := cursorMAC(v, about, raw[macBytes:])
	if err != nil {
		return c, err
	}
	if !hmac.Equal(mac, raw[:macBytes]) || json.Unmarshal(raw[macBytes:], &c) != nil {
		return audit.Cursor{}, ErrCursor
	}
	return c, nil
}

func cursorMAC(v *op.View, about any, body []byte) ([]byte, error) {
	question, err := json.Marshal(about)
	if err != nil {
		return nil, err
	}
	who := string(v.Caller().Kind) + " " + v.Caller().ID
	return v.MAC("audit cursor", []byte(who), question, body)[:macBytes], nil
}
