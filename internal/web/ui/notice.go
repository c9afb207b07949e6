package ui

import "net/http"

// Failed gives the house's words for a status. reason is the sentence of the refusal, when there is one; it
// replaces the general text. number is the request's own, and back leads to the nearest page that works.
func Failed(status int, reason []Run, number, time string, back Action) FailureProps {
	p := failureWords(status)
	if len(reason) > 0 {
		p.Text = reason
	}
	if status >= http.StatusInternalServerError {
		p.Number, p.Time = number, time
	}
	if back.Label != "" {
		back.Main = len(p.Actions) == 0
		p.Actions = append(p.Actions, back)
	}
	return p
}

func failureWords(status int) FailureProps {
	again := Action{Label: "Try again", Icon: "refresh", Main: true, Href: "?"}
	switch status {
	case http.StatusUnauthorized:
		return FailureProps{Icon: "lock", Title: "Sign in first", Text: Text(T("This page is for somebody who is signed in."))}
	case http.StatusForbidden:
		return FailureProps{Icon: "lock", Title: "You may not open this", Text: Text(T("Your role does not include it. Somebody who gives roles can change that."))}
	case http.StatusNotFound:
		return FailureProps{Icon: "search", Title: "There is nothing here", Text: Text(T("It may have been removed, or the address is not quite right."))}
	case http.StatusMethodNotAllowed:
		return FailureProps{Icon: "circle-x", Title: "That cannot be done here", Text: Text(T("Go back to the page and use its buttons."))}
	case http.StatusConflict:
		return FailureProps{Icon: "arrows-join", Title: "That does not go together", Text: Text(T("Nothing was changed."))}
	case http.StatusPreconditionFailed:
		return FailureProps{
			Icon: "refresh", Title: "Somebody changed this in the meantime",
			Text:    Text(T("Nothing of yours was saved. Open it again to see how it is now, then make your change.")),
			Actions: []Action{{Label: "Open it again", Icon: "refresh", Main: true, Href: "?"}},
		}
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
		return FailureProps{Icon: "alert-triangle", Title: "That is not complete", Text: Text(T("Nothing was changed. Go back to the form: it says which field it is about."))}
	case http.StatusRequestEntityTooLarge:
		return FailureProps{Icon: "upload", Title: "That is too large", Text: Text(T("Nothing was changed. Send it in smaller parts."))}
	case http.StatusTooManyRequests:
		return FailureProps{Icon: "hourglass", Title: "Too many tries", Text: Text(T("Wait a minute, then try again. Nothing is locked for good.")), Actions: []Action{again}}
	case http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout:
		return FailureProps{
			Icon: "cloud-off", Title: "Steward cannot reach its data just now",
			Text: Text(T("Nothing was changed. It comes back by itself as soon as the database answers.")), Actions: []Action{again},
		}
	}
	return FailureProps{
		Icon: "cloud-off", Title: "That did not work, and nothing was changed",
		Text: Text(T("Try once more. If it happens again, send us this number.")), Actions: []Action{again},
	}
}
