package admin

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func mailPages(r routes) { r.staff("GET /admin/settings/mail", outboxPage) }

// mailsAPage is how many mails a page of the outbox has.
const mailsAPage = 50

// kinds are the occasions of mail in words.
var mailKinds = map[string]string{
	"step_up_code": "Code to confirm", "role_changed": "Role changed", "email_changed": "E-mail address changed", "deactivated": "Account deactivated",
	"activated": "Account activated", "api_key_created": "API key made", "invitation": "Invitation", "invitation_moved": "Invitation sent elsewhere", "invitation_accepted": "Invitation accepted",
	"welcome": "Welcome to the staff", "second_factor_reminder": "Reminder of a second factor",
	"sign_in_code": "Code to sign in", "suspended": "Account suspended", "reinstated": "Suspension lifted", "banned": "Account closed", "restored": "Account restored",
	"deletion_asked": "Deletion asked for", "deletion_withdrawn": "Request for deletion withdrawn", "deletion_refused": "Request for deletion refused",
	"confirm_sign_up": "Confirm a registration", "confirm_email": "Confirm the address", "email_change": "Confirm another address", "email_change_asked": "Another address asked for",
	"email_claimed": "Somebody asked for this address", "email_reverted": "E-mail address taken back", "password_reset": "Link for a new password", "password_changed": "Password changed",
	"new_device": "New sign-in", "session_ended": "Session ended", "recovery_code_used": "Recovery code used", "second_factor_changed": "Second factor changed",
	"second_factor_paused": "Second factor paused", "second_factor_off": "Second factor removed", "second_factor_reset": "Second factor reset",
}

// outboxPage lists mail: recipient, kind and state, never what it says.
func outboxPage(v *web.Visit) error {
	before, _ := strconv.ParseInt(v.R.URL.Query().Get("before"), 10, 64)
	all, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, mailing.Outbox, mailing.OutboxPage{Brand: string(v.BrandID()), Before: max(before, 0), Limit: mailsAPage + 1})
	if err != nil {
		return err
	}
	p := listedProps{
		Crumb: under("Mail"), Head: ui.HeadProps{Title: "Mail"},
		Table: ui.TableProps{Caption: "Mail, newest first", Columns: []ui.Column{
			{Label: "To", Grow: true}, {Label: "What", Drop: "c-md"}, {Label: "State"}, {Label: "Written", Number: true}, {Label: "Sent", Number: true, Drop: "c-lg"},
		}},
		Empty: ui.EmptyProps{Icon: "mail", Title: "No mail yet", Text: "Codes, and notices of role and status changes, are listed here: to whom, what for and whether they went."},
	}
	if len(all) > mailsAPage {
		all = all[:mailsAPage]
		p.Pager = &ui.PagerProps{Next: "/admin/settings/mail?before=" + number(all[mailsAPage-1].MadeAt)}
	}
	if before > 0 {
		if p.Pager == nil {
			p.Pager = &ui.PagerProps{}
		}
		p.Pager.Prev = "/admin/settings/mail"
	}
	if v.Site.Demo != nil {
		p.Notes = ui.Text(ui.T("The demo sends nothing. Read what it would have sent in "), ui.L("the demo's mail", "/dev/mail"), ui.T("."))
	}
	for _, m := range all {
		kind := cmp.Or(mailKinds[m.Kind], initialUpper(strings.ReplaceAll(m.Kind, "_", " ")))
		state, word := ui.Mute, string(m.State)
		switch m.State {
		case mailing.Waiting:
			state, word = ui.Info, "Waiting"
		case mailing.Sent:
			state, word = ui.Good, "Sent"
		case mailing.Failed:
			state, word = ui.Bad, "Failed"
		case mailing.Expired:
			word = "Expired"
		case mailing.Uncertain:
			state, word = ui.Warn, "Uncertain"
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{ID: m.ID, Name: m.To, Cells: []templ.Component{
			mailTo(m.To, kind, m.Problem), ui.Cell(kind), ui.Status(state, word, m.State == mailing.Waiting), when(v.Clock(), m.MadeAt), when(v.Clock(), m.SentAt),
		}})
	}
	return v.Page(http.StatusOK, "Mail", "settings", listedSheet(p))
}
