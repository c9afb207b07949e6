package web

import (
	"io"
	"mime"
	"net/http"
	"strconv"
)

// Download answers with a file that is saved and never shown: its name is ours, its content is not.
func (v *Visit) Download(name, mediaType string, size int64, body io.Reader) error {
	h := v.W.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	v.W.WriteHeader(http.StatusOK)
	v.answered = true
	if v.R.Method == http.MethodHead {
		return nil
	}
	if _, err := io.Copy(v.W, body); err != nil {
		v.Site.Log.Info("a file was not sent whole", "request", v.Caller.Request, "error", err)
	}
	return nil
}
