package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// CSP is the content security policy under which every page of the house works.
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// StaticPrefix is where Static must be mounted.
const StaticPrefix = "/static/"

//go:embed static
var files embed.FS

// An asset is one embedded file under a name that holds a hash of what it contains, so that it may be
// cached for ever and a changed file is a new address.
type asset struct {
	url     string
	etag    string
	kind    string
	content []byte
	zip     func() []byte // nil when it would not get smaller
}

// assets is read only after init: by plain name ("steward.css", "fonts/inter-….woff2").
var assets = load()

// Asset gives the address of an embedded file: Asset("steward.css") is "/static/steward.1f2e3d4c5b.css".
// An unknown name is a mistake in a template and panics, which the tests meet first.
func Asset(name string) string {
	a, ok := assets[name]
	if !ok {
		panic("ui: no static file " + name)
	}
	return a.url
}

// Static serves the embedded files under StaticPrefix. A hashed address never changes and is cached for a
// year; the plain name, or the hash of another version (a node that is being replaced), is answered with
// what is here and not stored.
func Static() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
			return
		}
		a := find(r.URL.Path)
		if a == nil {
			w.Header().Set("Cache-Control", "no-store")
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", a.kind)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("ETag", a.etag)
		if r.URL.Path == a.url {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		} else {
			h.Set("Cache-Control", "no-store")
		}
		body := a.content
		if a.zip != nil {
			h.Set("Vary", "Accept-Encoding")
			if acceptsGzip(r.Header.Get("Accept-Encoding")) {
				h.Set("Content-Encoding", "gzip")
				body = a.zip()
			}
		}
		if strings.Contains(r.Header.Get("If-None-Match"), a.etag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method == http.MethodGet {
			_, _ = w.Write(body) // the reader went away: nobody is left to be told
		}
	})
}

// find reads "/static/steward.<hash>.css" and "/static/steward.css".
func find(urlPath string) *asset {
	name, ok := strings.CutPrefix(urlPath, StaticPrefix)
	if !ok {
		return nil
	}
	if a, ok := assets[name]; ok {
		return a
	}
	ext := path.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	dot := len(stem) - hashLength - 1
	if dot < 1 || stem[dot] != '.' {
		return nil
	}
	return assets[stem[:dot]+ext]
}

const hashLength = 10

// load reads the embedded files. Stylesheets come last: they name fonts, whose addresses must be known.
func load() map[string]*asset {
	all := map[string]*asset{}
	var names, sheets []string
	err := fs.WalkDir(files, "static", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(p) == ".txt" {
			return err
		}
		name := strings.TrimPrefix(p, "static/")
		if path.Ext(name) == ".css" {
			sheets = append(sheets, name)
		} else {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		panic("ui: embedded files: " + err.Error())
	}
	for _, name := range append(names, sheets...) {
		content, err := files.ReadFile("static/" + name)
		if err != nil {
			panic("ui: embedded files: " + err.Error())
		}
		if path.Ext(name) == ".css" {
			content = withFonts(content, all)
		}
		all[name] = newAsset(name, content)
	}
	return all
}

// withFonts points url(assets/fonts/x) of the design's stylesheet to the hashed address of x, so that
// steward.css stays as the design has it.
func withFonts(css []byte, known map[string]*asset) []byte {
	for name, a := range known {
		if strings.HasPrefix(name, "fonts/") {
			css = bytes.ReplaceAll(css, []byte("url(assets/"+name+")"), []byte("url("+a.url+")"))
		}
	}
	return css
}

func newAsset(name string, content []byte) *asset {
	sum := sha256.Sum256(content)
	hash := hex.EncodeToString(sum[:])[:hashLength]
	ext := path.Ext(name)
	a := &asset{
		url:     StaticPrefix + strings.TrimSuffix(name, ext) + "." + hash + ext,
		etag:    `"` + hash + `"`,
		kind:    kind(ext),
		content: content,
	}
	if ext != ".woff2" {
		a.zip = sync.OnceValue(func() []byte { return zipped(content) })
	}
	return a
}

// kind does not ask the machine's own table of types, which differs from one to the next.
func kind(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	}
	return mime.TypeByExtension(ext)
}

func zipped(content []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic("ui: compressing: " + err.Error()) // a buffer does not refuse
	}
	return out.Bytes()
}

func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q := strings.ReplaceAll(quality, " ", "")
			return q != "q=0" && !strings.HasPrefix(q, "q=0.0")
		}
	}
	return false
}
