package admin

import (
	"cmp"
	"strings"

	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/record"
	"github.com/stewardhq/steward/internal/web/ui"
)

// saying is an operation in words, for the audit log and a person's timeline. {} is whom or what it was done to.
type saying struct {
	did string // after the actor's name: changed the details of {}
	try string // after “tried to”, of a refusal: change the details of {}
	was string // in the timeline of the person it was done to: Details changed
}

// sayings has every operation of the catalogue; a test walks it.
var sayings = map[string]saying{
	"admin.create":              {"made {} a Super Admin", "make a Super Admin at the machine's command line", "Made a Super Admin at the machine"},
	"admin.reset":               {"made a password link for {}", "make a password link at the machine's command line", "Password link made at the machine"},
	"user.reset_second_factor":  {"reset the second factor of {}", "reset the second factor of {}", "Second factor reset"},
	"user.remind_second_factor": {"reminded {} to set up a second factor", "remind {} to set up a second factor", "Reminded to set up a second factor"},
	"user.refresh_roles":        {"brought the lists up to date with roles that began or ended", "bring the lists up to date with roles that began or ended", "Role began or ended by its date"},

	"apikey.authenticate": {"used an API key", "use an API key", "API key used"},
	"apikey.elsewhere":    {"used an API key outside of its networks", "use an API key outside of its networks", "API key used elsewhere"},
	"apikey.create":       {"made the API key {}", "make an API key", "API key made"},
	"apikey.list":         {"looked at the API keys", "look at the API keys", ""},
	"apikey.revoke":       {"revoked the API key {}", "revoke the API key {}", "API key revoked"},
	"apikey.show":         {"looked at the API key {}", "look at an API key", ""},
	"apikey.touch":        {"used an API key", "use an API key", "API key used"},

	"auth.send_code":          {"asked for a code", "ask for a code", ""},
	"auth.try_code":           {"tried a code", "try a code", "Code tried"},
	"auth.unlock_codes":       {"switched codes on again for {}", "switch codes on again for {}", "Codes switched on"},
	"storefront.vouch":        {"spoke for the customers of {}", "speak for the customers of a shop", ""},
	"brand.fronts":            {"looked at the shops", "look at the shops", ""},
	"company_user.create":     {"added {} to a company", "add somebody to a company", "Added to a company"},
	"customer.confirm":        {"confirmed the address of {}", "confirm an address", "Address confirmed"},
	"customer.sign_up":        {"registered as a customer", "register as a customer", "Registered"},
	"email.change":            {"asked for another e-mail address", "ask for another e-mail address", "Another e-mail address asked for"},
	"email.withdraw":          {"withdrew a change of their e-mail address", "withdraw a change of their e-mail address", "Change of the e-mail address withdrawn"},
	"email.waiting":           {"looked which e-mail address waits", "look which e-mail address waits", ""},
	"email.confirm":           {"confirmed the new e-mail address of {}", "confirm a new e-mail address", "E-mail address changed"},
	"email.look_up_revert":    {"opened a link to take an e-mail address back", "open a link to take an e-mail address back", ""},
	"email.revert":            {"took the e-mail address of {} back", "take an e-mail address back", "E-mail address taken back"},
	"deletion.ask":            {"asked to be deleted", "ask to be deleted", "Deletion asked for"},
	"deletion.withdraw":       {"withdrew the request to be deleted", "withdraw a request to be deleted", "Request for deletion withdrawn"},
	"deletion.refuse":         {"refused the request of {} to be deleted", "refuse a request to be deleted", "Request for deletion refused"},
	"deletion.list":           {"looked at requests for deletion", "look at requests for deletion", ""},
	"deletion.show":           {"looked at a request for deletion", "look at a request for deletion", ""},
	"deletion.mine":           {"looked at their own request for deletion", "look at their own request for deletion", ""},
	"consent.set":             {"changed a consent of {}", "change a consent of {}", "Consent changed"},
	"consent.list":            {"looked at the consents of {}", "look at the consents of {}", ""},
	"privacy_policy.show":     {"read the privacy policy", "read the privacy policy", ""},
	"privacy_policy.mine":     {"read the privacy policy", "read the privacy policy", ""},
	"privacy_policy.change":   {"changed the privacy policy", "change the privacy policy", "Privacy policy changed"},
	"privacy_policy.accept":   {"accepted the privacy policy", "accept the privacy policy", "Privacy policy accepted"},
	"registration.change":     {"opened or closed registration", "open or close registration", "Registration changed"},
	"registration.show":       {"looked whether registration is open", "look whether registration is open", ""},
	"auth.count_try":          {"tried a password for {}", "try a password", "Password tried"},
	"auth.look_up":            {"began to sign in", "sign in", "Sign-in begun"},
	"auth.look_up_link":       {"opened a link", "open a link", "Link opened"},
	"auth.change_password":    {"changed their password", "change their password", "Password changed"},
	"auth.count_nobody":       {"tried to sign in", "try to sign in", ""},
	"auth.forgot":             {"asked for a new password", "ask for a new password", "New password asked for"},
	"auth.renew_password":     {"changed their password while signing in", "change their password while signing in", "Password changed"},
	"auth.standing":           {"read the rules for passwords", "read the rules for passwords", ""},
	"auth.note_failure":       {"failed to sign in as {}", "sign in as {}", "Sign-in failed"},
	"auth.resolve":            {"came back with a session", "come back with a session", ""},
	"auth.ask_passkey":        {"asked for a passkey", "ask for a passkey", "Passkey asked for"},
	"auth.enrol_passkey":      {"made a passkey while signing in", "make a passkey while signing in", "Passkey made"},
	"auth.try_passkey":        {"showed a passkey", "show a passkey", "Passkey shown"},
	"user.impersonate":        {"began to look through the eyes of {}", "look through the eyes of {}", "Viewed by staff"},
	"user.stop_impersonating": {"stopped looking through the eyes of {}", "stop looking through the eyes of {}", "Staff stopped viewing"},
	"user.impersonations":     {"looked at who views as {}", "look at who views as {}", ""},
	"user.end_impersonations": {"ended the impersonations of {}", "end the impersonations of {}", "Impersonations ended"},
	"passkey.add":             {"added a passkey", "add a passkey", "Passkey added"},
	"passkey.list":            {"looked at their passkeys", "look at their passkeys", ""},
	"passkey.remove":          {"removed a passkey", "remove a passkey", "Passkey removed"},
	"passkey.rename":          {"renamed a passkey", "rename a passkey", "Passkey renamed"},
	"app.add":                 {"added an authenticator app", "add an authenticator app", "Authenticator app added"},
	"app.give":                {"gave {} an authenticator app", "give somebody an authenticator app", "Authenticator app added"},
	"app.offer":               {"began to add an authenticator app", "add an authenticator app", ""},
	"app.prove":               {"tried a new authenticator app", "try a new authenticator app", ""},
	"app.remove":              {"removed an authenticator app", "remove an authenticator app", "Authenticator app removed"},
	"app.rename":              {"renamed an authenticator app", "rename an authenticator app", "Authenticator app renamed"},
	"app.show_offer":          {"looked at a new secret for an authenticator app", "look at a new secret for an authenticator app", ""},
	"auth.enrol_app":          {"added an authenticator app while signing in", "add an authenticator app while signing in", "Authenticator app added"},
	"auth.unlock_second":      {"let codes be tried again for {}", "let codes be tried again", "Codes can be tried again"},
	"factor.list":             {"looked at their second factors", "look at their second factors", ""},
	"recovery.renew":          {"made new recovery codes", "make new recovery codes", "Recovery codes made"},
	"auth.show_ticket":        {"came to the second step of a sign-in", "go on with a sign-in", ""},
	"auth.try_second":         {"tried a second factor", "try a second factor", "Second factor tried"},
	"invitation.accept":       {"accepted the invitation of {}", "accept an invitation", "Invitation accepted"},
	"invitation.create":       {"invited {}", "invite somebody to the staff", "Invited to the staff"},
	"invitation.list":         {"looked at the invitations", "look at the invitations", ""},
	"invitation.look_up":      {"opened an invitation", "open an invitation", ""},
	"invitation.refuse":       {"could not accept the invitation of {}: who sent it may not give that role any more", "accept an invitation", "Invitation refused: who sent it may not give that role any more"},
	"invitation.remind":       {"was reminded of invitations and roles", "be reminded of invitations and roles", ""},
	"invitation.resend":       {"sent the invitation of {} again", "send the invitation of {} again", "Invitation sent again"},
	"invitation.revoke":       {"revoked the invitation of {}", "revoke the invitation of {}", "Invitation revoked"},
	"invitation.show":         {"looked at an invitation", "look at an invitation", ""},
	"invitation.total":        {"counted the invitations", "count the invitations", ""},
	"auth.set_password":       {"set a password for {}", "set a password for {}", "Password set"},
	"auth.sign_in":            {"signed in", "sign in", "Signed in"},
	"setup.claim":             {"claimed this installation as its first Super Admin", "claim this installation", "Claimed this installation as its first Super Admin"},
	"setup.offer":             {"printed the link for the first Super Admin", "print the link for the first Super Admin", ""},
	"session.list":            {"looked at the sessions of {}", "look at the sessions of {}", ""},
	"session.revoke":          {"ended a session of {}", "end a session of {}", "Session ended"},
	"session.revoke_all":      {"ended the sessions of {}", "end the sessions of {}", "Sessions ended"},
	"session.touch":           {"was active", "stay signed in", ""},

	"security.change":         {"changed the security settings", "change the security settings", "Security settings changed"},
	"security.keep_cost":      {"measured what a password hash costs", "keep what a password hash costs", "Cost of password hashes measured"},
	"security.adoption":       {"looked at who has a second factor", "look at who has a second factor", ""},
	"security.alarm":          {"looked at whether too many sign-ins fail", "look at whether too many sign-ins fail", ""},
	"security.watch_sign_ins": {"raised an alarm: far more sign-ins fail than usually", "watch the sign-ins", "Alarm: far more sign-ins fail than usually"},
	"security.show":           {"looked at the security settings", "look at the security settings", ""},

	"session.choose_brand": {"chose another brand to look at", "choose another brand", ""},

	"brand.create":    {"made the brand {}", "make a brand", ""},
	"brand.edit":      {"changed the brand {}", "change the brand {}", ""},
	"brand.list":      {"looked at the brands", "look at the brands", ""},
	"brand.show":      {"looked at the brand {}", "look at a brand", ""},
	"location.create": {"added the location {}", "add a location", ""},
	"location.edit":   {"changed the location {}", "change the location {}", ""},

	"customer.beside":             {"leafed through the customers", "leaf through the customers", ""},
	"customer.create":             {"created the customer {}", "create a customer", "Account created"},
	"customer.list":               {"looked at the customers", "look at the customers", ""},
	"customer.roll_tiers":         {"brought tiers to today", "bring tiers to today", "Tier expired"},
	"customer.set_home_location":  {"changed the home location of {}", "change the home location of {}", "Home location changed"},
	"customer.set_imported_spend": {"recorded what {} spent on a previous platform", "record what {} spent on a previous platform", "Spend on a previous platform recorded"},
	"customer.retier":             {"gave customers their tier by new thresholds", "give customers their tier by new thresholds", "Tier by new thresholds"},
	"customer_settings.change":    {"changed the tiers and filters of customers", "change the tiers and filters of customers", ""},
	"customer_settings.show":      {"looked at the tiers and filters of customers", "look at the tiers and filters of customers", ""},
	"customer.total":              {"counted the customers", "count the customers", ""},
	"customers.ingest":            {"took in customers", "take in customers", "Account taken in from a file or a program"},

	"order.find_number":   {"looked for an order by its number", "look for an order", ""},
	"order.list":          {"looked at orders", "look at orders", ""},
	"order.monthly_spend": {"looked at what {} spent by month", "look at what {} spent", ""},
	"order.put":           {"took in an order", "take in an order", "Order taken in"},
	"order.total":         {"counted orders", "count orders", ""},
	"order.show":          {"looked at an order", "look at an order", ""},
	"orders.ingest":       {"took in orders", "take in orders", "Orders taken in"},
	"orders.rebuild":      {"rebuilt the statistics from the orders", "rebuild the statistics from the orders", ""},

	"mail.for_sending": {"read a mail to send it", "read a mail to send it", ""},
	"mail.latest":      {"looked at the demo's mail", "look at the demo's mail", ""},
	"mail.mark":        {"noted what became of a mail", "note what became of a mail", ""},
	"mail.outbox":      {"looked at the outbox", "look at the outbox", ""},
	"mail.requeue":     {"queued the waiting mail again", "queue the waiting mail again", ""},

	"export.begin":           {"began to make an export", "make an export", ""},
	"export.cancel":          {"cancelled the export {}", "cancel an export", ""},
	"export.end":             {"ended an export", "end an export", ""},
	"export.finish":          {"received an export", "receive an export", "Data exported to a file"},
	"export.list":            {"looked at their exports", "look at their exports", ""},
	"export.live":            {"looked at which files are kept", "look at which files are kept", ""},
	"export.open":            {"downloaded an export", "download an export", "Exported file downloaded"},
	"export.requester":       {"looked at who asked for an export", "look at who asked for an export", ""},
	"export.show":            {"looked at an export", "look at an export", ""},
	"export.task":            {"looked at what an export is made from", "look at what an export is made from", ""},
	"export.tidy":            {"ended exports that had run out", "end exports that have run out", ""},
	"person.export_list":     {"asked for a file with a list of people", "export a list of people", ""},
	"person.export_rows":     {"read rows of a list for a file", "export a list of people", ""},
	"person.export_activity": {"asked for a file with the activity of {}", "export the activity of {}", "Activity log exported"},
	"subject.package":        {"asked for a file with everything about {}", "export everything about {}", "Everything about the account exported"},
	"subject.read":           {"read a part of everything about {}", "read everything about {}", ""},

	"person.activity": {"looked at the activity of {}", "look at the activity of {}", ""},
	"person.show":     {"looked at the profile of {}", "look at somebody's profile", ""},
	"staff.givers":    {"asked who can give permissions", "ask who can give permissions", ""},
	"desk.open":       {"opened a page", "open a page", ""},
	"staff.list":      {"looked at the staff and their roles", "look at the staff and their roles", ""},

	"auth.confirm_email":     {"confirmed the e-mail address of {}", "confirm an e-mail address", "E-mail address confirmed"},
	"user.ban":               {"banned {}", "ban {}", "Account banned"},
	"user.delete":            {"deleted the account of {} for good", "delete the account of {}", "Account deleted"},
	"user.due_suspensions":   {"looked whose suspension has come to its end", "look whose suspension has come to its end", ""},
	"user.lift_suspension":   {"lifted the suspension of {}, whose end had come", "lift a suspension", "Suspension ended by its date"},
	"user.reinstate":         {"lifted the suspension of {}", "lift the suspension of {}", "Suspension lifted"},
	"user.reset_password":    {"sent {} a link to choose a new password", "send {} a link to choose a new password", "Link for a new password sent"},
	"user.send_confirmation": {"sent {} a link to confirm the e-mail address", "send {} a link to confirm the e-mail address", "Link to confirm the address sent"},
	"user.suspend":           {"suspended {}", "suspend {}", "Account suspended"},
	"user.unban":             {"lifted the ban of {}", "lift the ban of {}", "Ban lifted"},
	"user.unverify_identity": {"took back that the ID of {} is verified", "take back that the ID of {} is verified", "ID no longer verified"},
	"user.unverify_phone":    {"took back that the phone of {} is verified", "take back that the phone of {} is verified", "Phone no longer verified"},
	"user.verify_identity":   {"marked the ID of {} as verified", "mark the ID of {} as verified", "ID verified"},
	"user.verify_phone":      {"marked the phone of {} as verified", "mark the phone of {} as verified", "Phone verified"},

	"user.activate":    {"activated {}", "activate {}", "Account activated"},
	"user.add":         {"added {}", "add somebody to the staff", "Added to the staff"},
	"user.beside":      {"leafed through the users", "leaf through the users", ""},
	"user.change_role": {"changed the role of {}", "change the role of {}", "Role changed"},
	"user.deactivate":  {"deactivated {}", "deactivate {}", "Account deactivated"},
	"user.edit":        {"changed the details of {}", "change the details of {}", "Details changed"},
	"user.list":        {"looked at the users", "look at the users", ""},
	"user.prefer":      {"chose how the desk looks to them", "choose how the desk looks", ""},
	"user.statistics":  {"looked at the figures of the users", "look at the figures of the users", ""},
	"user.total":       {"counted the users", "count the users", ""},

	"privacy.doom":          {"began to erase somebody", "erase somebody", ""},
	"privacy.due":           {"looked who is to be erased", "look who is to be erased", ""},
	"privacy.look_at_clock": {"found that the machine's clock had jumped, and paused erasures", "look at the machine's clock", "Erasures paused"},
	"privacy.show":          {"looked when {} was archived", "look when {} was archived", ""},
	"privacy.state":         {"looked how erasures stand", "look how erasures stand", ""},
	"user.archive":          {"archived {}", "archive {}", "Archived"},
	"user.cleanse":          {"erased {} again, whom a restored backup had brought back", "erase {} again", "Erased again after a restore"},
	"user.erase":            {"erased {} for good", "erase {} for good", "Erased for good"},
	"user.restore":          {"restored {}", "restore {}", "Restored"},

	"installation.backup":  {"copied the whole installation into a backup", "back up the installation", "Backup made"},
	"installation.restore": {"put a backup in the place of the installation", "restore a backup", "Backup restored"},

	"audit.about":       {"read the audit log of {}", "read the audit log of {}", ""},
	"audit.about_total": {"counted the audit log of {}", "count the audit log of {}", ""},
	"audit.chains":      {"looked at the state of the audit log", "look at the state of the audit log", ""},
	"audit.list":        {"read the audit log", "read the audit log", ""},
	"audit.recent":      {"read the newest entries of the audit log", "read the audit log", ""},
	"audit.show":        {"read an entry of the audit log", "read an entry of the audit log", ""},
	"audit.total":       {"counted the audit log", "count the audit log", ""},

	"access.check":       {"asked whether something is allowed", "ask whether something is allowed", ""},
	"access.explain":     {"asked why something is allowed or refused", "ask why something is allowed or refused", ""},
	"grant.list":         {"looked at the roles of {}", "look at the roles of {}", ""},
	"import.advance":     {"went on with an import", "go on with an import", ""},
	"import.begin":       {"began an import", "begin an import", ""},
	"import.summarise":   {"ended an import", "end an import", ""},
	"job.cancel":         {"cancelled a job", "cancel a job", "Job cancelled"},
	"job.show":           {"looked at a job", "look at a job", ""},
	"permission.list":    {"looked at the permissions", "look at the permissions", ""},
	"role.list":          {"looked at the roles", "look at the roles", ""},
	"seed.begin":         {"began to make a sample world", "make a sample world", ""},
	"seed.confirm":       {"noted that {} confirmed the e-mail address", "make a sample world", ""},
	"seed.fill":          {"added customers to the sample world", "make a sample world", "Made for the sample world"},
	"seed.finish":        {"finished the sample world", "make a sample world", ""},
	"seed.told":          {"let the staff of the sample world work", "make a sample world", ""},
	"statistics.rebuild": {"rebuilt the statistics from the orders", "rebuild the statistics", ""},

	// What the door itself writes.
	"step_up.issued":    {"was asked for a code to confirm a change", "confirm a change", "A code was asked for"},
	"step_up.confirmed": {"confirmed a change", "confirm a change", "A change was confirmed"},
	"step_up.failed":    {"gave a wrong code", "confirm a change with a wrong code", "A wrong code was given"},
	"step_up.expired":   {"gave a code that had expired", "confirm a change with an expired code", "An expired code was given"},
	"step_up.reused":    {"gave a code that was used up", "confirm a change with a code that was used up", "A used code was given"},
}

// Says tells whether the operation has words, for the test that walks the catalogue.
func Says(operation string) bool {
	s, ok := sayings[operation]
	return ok && s.did != "" && s.try != ""
}

// actorRuns names who acted. Steward itself, programs and the machine's operator are no persons.
func actorRuns(a *record.Actor) []ui.Run {
	var runs []ui.Run
	switch {
	case a.Kind == string(op.System):
		return ui.Text(ui.T("Steward"))
	case a.Kind == string(op.Operator):
		return ui.Text(ui.T("The operator at the machine"))
	case a.Kind == string(op.Key):
		name := cmp.Or(a.Name, a.ID)
		runs = ui.Text(ui.T("The API key "), ui.B(name))
	default:
		runs = ui.Text(ui.B(cmp.Or(a.Name, "Somebody")))
	}
	if a.OnBehalf != nil {
		runs = append(runs, ui.T(", viewing as "), ui.B(cmp.Or(a.OnBehalf.Name, "somebody")), ui.T(","))
	}
	return runs
}

// told names whom or what an entry is about.
func told(e *record.Entry) ui.Run {
	if p := e.Person(); p != nil && p.Kind != "api_key" {
		if p.Person != "" && p.Person == e.Actor.Person || arriving(e) != nil {
			return ui.T("their own account")
		}
		return ui.B(cmp.Or(personName(e), cmp.Or(p.Name, shortID(string(p.Person)))))
	}
	for _, kind := range []string{"api_key", "location", "brand", "order"} {
		if s := e.Subject(kind); s != nil {
			return ui.B(cmp.Or(s.Name, shortID(s.ID)))
		}
	}
	if len(e.Subjects) > 0 {
		return ui.B(cmp.Or(e.Subjects[0].Name, shortID(e.Subjects[0].ID)))
	}
	if e.Refused() {
		return ui.T("something that is not there, or not theirs to see")
	}
	return ui.T("nothing in particular")
}

// personName is the name of the person an entry is about, also where the subject is something of theirs, such as a session.
func personName(e *record.Entry) string {
	if s := e.Subject("user"); s != nil {
		return s.Name
	}
	return ""
}

// shortID is the end of an id, enough to tell two apart.
func shortID(id string) string {
	if len(id) > 12 {
		return "…" + id[len(id)-8:]
	}
	return id
}

// sentence tells an entry.
func sentence(e *record.Entry) []ui.Run {
	runs := actorRuns(&e.Actor)
	if p := arriving(e); p != nil {
		runs = ui.Text(ui.B(cmp.Or(p.Name, "Somebody")))
	}
	s, ok := sayings[e.Op]
	if !ok {
		s = saying{did: "did “" + e.Op + "”", try: "do “" + e.Op + "”"}
	}
	words := s.did
	if e.Refused() {
		words = "tried to " + s.try
		if strings.HasPrefix(e.Op, "step_up.") {
			words = s.did
		}
	}
	before, after, about := strings.Cut(words, "{}")
	runs = append(runs, ui.T(" "+before))
	if about {
		runs = append(runs, told(e))
		if after != "" {
			runs = append(runs, ui.T(after))
		}
	}
	runs = append(runs, particulars(e)...)
	if n := e.Repeated(); n > 0 {
		runs = append(runs, ui.Q(", "+ui.Counted(n, "more time", "more times")+" within a minute"))
	}
	return runs
}

// arriving is who signs in, or sets a first password: until it is done nobody is there who could be the actor.
func arriving(e *record.Entry) *record.Party {
	if e.Actor.Kind != string(op.Anonymous) {
		return nil
	}
	return e.Person()
}

// particulars are what makes some sentences worth reading without opening them.
func particulars(e *record.Entry) []ui.Run {
	if e.Refused() {
		return nil
	}
	switch e.Op {
	case "user.change_role":
		from, to := roles(e)
		switch {
		case from != "" && to != "":
			return ui.Text(ui.T(" from " + from + " to " + to))
		case to != "":
			return ui.Text(ui.T(" to " + to))
		case from != "":
			return ui.Text(ui.T(": no longer " + from))
		}
	case "user.add":
		if _, to := roles(e); to != "" {
			return ui.Text(ui.T(" as " + to))
		}
	case "user.edit":
		var fields []string
		for _, c := range e.Changes {
			if c.Kind == "user" {
				fields = append(fields, strings.ToLower(fieldLabel(c.Field)))
			}
		}
		if len(fields) > 0 {
			return ui.Text(ui.Q(": " + strings.Join(fields, ", ")))
		}
	case "orders.ingest", "customers.ingest":
		if source := e.Facts["source"]; source != "" {
			return ui.Text(ui.T(" from " + source))
		}
	}
	return nil
}

// roles are the role that ended and the one that was given, by name.
func roles(e *record.Entry) (from, to string) {
	ended, given := map[string]bool{}, map[string]string{}
	for _, c := range e.Changes {
		switch {
		case c.Kind != "grant":
		case c.Field == "role" && !c.After.Empty():
			given[c.ID] = roleName(c.After.Text)
		case c.Field == "ended_at":
			ended[c.ID] = true
		}
	}
	for _, s := range e.Subjects {
		if s.Kind == "grant" && ended[s.ID] && from == "" {
			from = roleName(s.Name)
		}
	}
	for _, name := range given {
		to = name
	}
	return from, to
}
