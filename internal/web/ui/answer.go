package ui

import "net/http"

// WantsFragment says whether htmx asks for a part of a page: a dialog, a total. A list that is swapped in
// place asks for the whole page and takes its part out of it. Answers that differ by this need Vary.
func WantsFragment(r *http.Request) bool { return r.Header.Get("HX-Request-Type") == "partial" }

// FragmentHeader is what an answer that differs for htmx varies by.
const FragmentHeader = "HX-Request-Type"

// Redirect leaves for another page of this house after a change. htmx would follow a redirect by itself and put
// the page into the dialog, so it is told to go there.
func Redirect(w http.ResponseWriter, r *http.Request, to string) {
	if r.Header.Get("HX-Request") != "" {
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusOK)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}
