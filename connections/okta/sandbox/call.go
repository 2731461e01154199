package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

// call is one request to the API on its way through an operation, and the answer that it gathers.
type call struct {
	r     *http.Request
	head  http.Header // of the answer
	who   principal
	query url.Values
	body  []byte

	status int
	answer []byte
	buffer []byte // empty, to build the answer in
}

// buffers keeps those that answers were built in, since lists need large ones.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxKept bounds what a buffer may hold on to.
const maxKept = 4 << 20

// maxBody bounds a request's body; Okta's own bound is not published.
const maxBody = 8 << 20

// operation is one endpoint: how it is reached, which scope it needs, and what it does. GET operations run under the
// org's read lock, the others under its write lock, except those that wait, for somebody else or for a slow sum.
type operation struct {
	method, path, scope string
	run                 func(*Org, *call) *apiError
	waits               bool // takes the lock itself
}

// routeAPI builds the router from the table of operations.
func (o *Org) routeAPI() {
	o.api = http.NewServeMux()
	for _, op := range operations {
		o.api.Handle(op.method+" "+op.path, o.serve(op))
	}
	o.api.HandleFunc("/", o.serveUnknown)
}

// serve wraps op in all that comes before and after it: rate limit, credential, scope, body, lock, answer.
func (o *Org) serve(op operation) http.Handler {
	limit := bucketOf(op.method, op.path)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		buffer := buffers.Get().(*[]byte)
		c := &call{r: r, head: w.Header(), status: http.StatusOK, buffer: (*buffer)[:0]}
		refusal := o.limiter.take(limit, w.Header())
		if refusal == nil {
			refusal = o.admit(c, op.scope)
		}
		if refusal == nil {
			refusal = o.perform(op, c)
		}
		if refusal != nil {
			refusal.write(w, errorID())
			return
		}
		if c.answer != nil {
			c.head.Set("Content-Type", "application/json")
			c.head.Set("Content-Length", strconv.Itoa(len(c.answer)))
		}
		w.WriteHeader(c.status)
		_, _ = w.Write(c.answer) // a client that has gone away needs no answer
		if cap(c.answer) > cap(*buffer) && cap(c.answer) <= maxKept {
			*buffer = c.answer
		}
		buffers.Put(buffer)
	})
}

func (o *Org) perform(op operation, c *call) *apiError {
	switch {
	case op.waits:
	case op.method == http.MethodGet:
		o.mu.RLock()
		defer o.mu.RUnlock()
	default:
		o.mu.Lock()
		defer o.mu.Unlock()
	}
	return op.run(o, c)
}

// serveUnknown answers where there is no operation: as Okta does, but for what Okta has and the sandbox lacks.
func (o *Org) serveUnknown(w http.ResponseWriter, r *http.Request) {
	refusal := noSuchPath()
	if o.hasOtherMethods(r) {
		refusal = wrongMethod()
	}
	_ = o.limiter.take(bucketOther, w.Header()) // counts, and refuses nobody who would be refused anyway
	o.logger.LogAttrs(r.Context(), slog.LevelError, "no such operation in the sandbox",
		slog.String("method", r.Method), slog.String("path", r.URL.EscapedPath()))
	refusal.write(w, errorID())
}

// hasOtherMethods reports whether r would be answered if only its method were another, at Okta as here.
func (o *Org) hasOtherMethods(r *http.Request) bool {
	if !tidy(r.URL.EscapedPath()) {
		return false
	}
	other := *r
	for _, other.Method = range []string{"GET", "POST", "PUT", "DELETE"} {
		if _, pattern := o.api.Handler(&other); pattern != "/" {
			_, path, _ := strings.Cut(pattern, " ")
			return !lacking[r.Method+" "+path]
		}
	}
	return false
}

// admit checks the credential, the scope and the body, in this order, and fills c.
func (o *Org) admit(c *call, scope string) *apiError {
	var refusal *apiError
	if c.who, refusal = o.authenticate(c.r); refusal != nil {
		return refusal
	}
	if !c.who.allows(scope) {
		return insufficientScope(c.r, scope)
	}
	if c.r.URL.RawQuery != "" {
		c.query = c.r.URL.Query()
	}
	return c.readBody()
}

func (c *call) readBody() *apiError {
	if c.r.Method == http.MethodGet || c.r.Body == nil {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(c.r.Body, maxBody+1))
	if err != nil || len(body) > maxBody {
		return malformedBody()
	}
	if len(body) == 0 {
		return nil
	}
	if kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return wrongMediaType()
	}
	c.body = body
	return nil
}

// decode reads the body into v, with numbers kept as they are written.
func (c *call) decode(v any) *apiError {
	decoder := json.NewDecoder(bytes.NewReader(c.body))
	decoder.UseNumber()
	if err := decoder.Decode(v); err != nil {
		return malformedBody()
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return malformedBody()
	}
	return nil
}

// param returns the path's value for name, decoded.
func (c *call) param(name string) string { return c.r.PathValue(name) }

// flag reads a boolean query parameter; fallback where it is absent.
func (c *call) flag(name string, fallback bool) bool {
	switch strings.ToLower(c.query.Get(name)) {
	case "true":
		return true
	case "false":
		return false
	}
	return fallback
}

// base is the org's address as the client knows it.
func (c *call) base() string { return baseOf(c.r) }

func baseOf(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// json answers 200 with v.
func (c *call) json(v any) *apiError {
	answer, err := json.Marshal(v)
	if err != nil {
		return internal(err)
	}
	c.answer = answer
	return nil
}

// nothing answers 204.
func (c *call) nothing() *apiError {
	c.status = http.StatusNoContent
	return nil
}

// empty answers 200 with an object that has nothing in it, as most life-cycle operations do.
func (c *call) empty() *apiError { return c.json(struct{}{}) }

// link is an entry of _links.
type link struct {
	Href   string   `json:"href"`
	Method string   `json:"method,omitempty"`
	Type   string   `json:"type,omitempty"`
	Name   string   `json:"name,omitempty"`
	Hints  *allowed `json:"hints,omitempty"`
}

type allowed struct {
	Allow []string `json:"allow"`
}

func linkTo(href string, methods ...string) link {
	if len(methods) == 0 {
		return link{Href: href}
	}
	return link{Href: href, Hints: &allowed{methods}}
}

// internal is the answer to what cannot happen.
func internal(err error) *apiError {
	return refuse(500, "E0000009", "Internal Server Error")(err.Error())
}
