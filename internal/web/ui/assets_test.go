package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func fetch(method, path, encoding string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	Static().ServeHTTP(w, r)
	return w
}

func TestAssetAddressIsTheHashOfWhatIsServed(t *testing.T) {
	t.Parallel()
	for name, a := range assets {
		w := fetch(http.MethodGet, Asset(name), "")
		sum := sha256.Sum256(w.Body.Bytes())
		if !strings.Contains(a.url, "."+hex.EncodeToString(sum[:])[:hashLength]+".") {
			t.Errorf("%s is served with other content than %s", name, a.url)
		}
		if got := w.Header().Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: Cache-Control %q", name, got)
		}
		if w.Header().Get("Content-Type") == "" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", name, w.Header())
		}
	}
}

func TestAssetAddressesAreTheSameInEveryProcess(t *testing.T) {
	t.Parallel()
	again := load()
	for name := range assets {
		if again[name].url != Asset(name) {
			t.Errorf("%s: %s and %s", name, again[name].url, Asset(name))
		}
	}
}

func TestAssetsAreCompressedForWhoTakesIt(t *testing.T) {
	t.Parallel()
	plain := fetch(http.MethodGet, Asset("tabler.min.css"), "br, gzip;q=0")
	zip := fetch(http.MethodGet, Asset("tabler.min.css"), "br, gzip")
	if plain.Header().Get("Content-Encoding") != "" || zip.Header().Get("Content-Encoding") != "gzip" {
		t.Fatal("wrong encoding")
	}
	if zip.Body.Len() > 100_000 {
		t.Errorf("%d bytes compressed", zip.Body.Len())
	}
	r, err := gzip.NewReader(zip.Body)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(content, plain.Body.Bytes()) {
		t.Errorf("does not unpack to the same: %v", err)
	}
	if fetch(http.MethodGet, Asset("fonts/inter-latin-opsz-normal.woff2"), "gzip").Header().Get("Content-Encoding") != "" {
		t.Error("a font is compressed twice")
	}
}

func TestStaticRefusesWhatIsNotThere(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/static/", "/static/nothing.css", "/static/../assets.go", "/static/LICENSES.txt", "/static/steward..css", "/static/.css", "/elsewhere/steward.css"} {
		if w := fetch(http.MethodGet, path, ""); w.Code != http.StatusNotFound || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		if w := fetch(method, Asset("steward.css"), ""); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
	if w := fetch(http.MethodHead, Asset("steward.css"), ""); w.Code != http.StatusOK || w.Body.Len() != 0 || w.Header().Get("Content-Length") == "" {
		t.Errorf("HEAD: %d with %d bytes", w.Code, w.Body.Len())
	}
}

func TestAnotherVersionsAddressIsAnsweredButNotKept(t *testing.T) {
	t.Parallel()
	w := fetch(http.MethodGet, "/static/steward.0123456789.css", "")
	if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %s", w.Code, w.Header().Get("Cache-Control"))
	}
}

func TestUnchangedAssetIsNotSentAgain(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, Asset("steward.js"), nil)
	r.Header.Set("If-None-Match", assets["steward.js"].etag)
	w := httptest.NewRecorder()
	Static().ServeHTTP(w, r)
	if w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("%d with %d bytes", w.Code, w.Body.Len())
	}
}

func TestNothingIsLoadedFromElsewhere(t *testing.T) {
	t.Parallel()
	outside := regexp.MustCompile(`(?:url\(|@import|sourceMappingURL=)["']?([^"')\s]*)`)
	for name, a := range assets {
		if !strings.HasSuffix(name, ".css") && !strings.HasSuffix(name, ".js") {
			continue
		}
		for _, m := range outside.FindAllStringSubmatch(string(a.content), -1) {
			if strings.HasSuffix(name, ".js") && !strings.Contains(m[0], "sourceMapping") {
				continue
			}
			if !strings.HasPrefix(m[1], "data:") && !strings.HasPrefix(m[1], StaticPrefix) {
				t.Errorf("%s loads %q", name, m[0])
			}
		}
	}
	if n := strings.Count(string(assets["steward.css"].content), "url("+StaticPrefix+"fonts/"); n != 2 {
		t.Errorf("%d fonts", n)
	}
}

// The design's stylesheet is used as it is; ours stands after it, in part 9.
func TestDesignsStylesheetIsUnchanged(t *testing.T) {
	t.Parallel()
	raw, err := files.ReadFile("static/steward.css")
	if err != nil {
		t.Fatal(err)
	}
	design, _, found := bytes.Cut(raw, []byte("\n/* 9 ── Additions"))
	sum := sha256.Sum256(design)
	if got := hex.EncodeToString(sum[:]); !found || got != designHash {
		t.Errorf("parts 1 to 8 hash to %s: put changes into part 9", got)
	}
}

const designHash = "a3a04046ae2a8d4f3020dfd015edd22d8c05660ff8e8d71b006e1df4c5f264be"
