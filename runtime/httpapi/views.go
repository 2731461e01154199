package httpapi

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
)

// views hold what describes the component, as each caller sees it: rendered when it is first asked for, once a caller.
type views struct {
	index    *connector.Index
	byCaller sync.Map // of func() view, by the caller's name
}

type view struct{ manifest, openAPI document }

// A document is the same bytes for the same build and the same rights.
type document struct {
	body []byte
	etag string
}

func newDocument(body []byte) document {
	sum := sha256.Sum256(body)
	return document{body, `"` + hex.EncodeToString(sum[:12]) + `"`}
}

func (v *views) of(c *runtime.Caller) view {
	render := sync.OnceValue(func() view {
		m := c.View(v.index.Manifest)
		index := v.index
		if len(m.Actions) != len(index.Actions) || len(m.Triggers) != len(index.Triggers) {
			index = connector.NewIndex(m)
		}
		return view{manifest: document{index.JSON(), index.ETag()}, openAPI: newDocument(OpenAPI(m))}
	})
	known, _ := v.byCaller.LoadOrStore(c.Name, render)
	return known.(func() view)()
}

func (s *server) manifest(w http.ResponseWriter, r *http.Request) {
	serveDocument(w, r, s.views.of(runtime.CallerOf(r.Context())).manifest)
}

func (s *server) openAPI(w http.ResponseWriter, r *http.Request) {
	serveDocument(w, r, s.views.of(runtime.CallerOf(r.Context())).openAPI)
}

// serveDocument answers with the document, or 304.
func serveDocument(w http.ResponseWriter, r *http.Request, d document) {
	h := w.Header()
	h.Set("ETag", d.etag)
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Authorization, Cookie")
	if matchesETag(r.Header.Get("If-None-Match"), d.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(d.body)))
	_, _ = w.Write(d.body) // the caller has gone if this fails
}

func matchesETag(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == etag || tag == "*" {
			return true
		}
	}
	return false
}
