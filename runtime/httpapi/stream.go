package httpapi

import (
	"cmp"
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/okta-connector/okta-connector/connections/okta"
)

// writeTimeout is how long a reader of a stream may take for one page.
const writeTimeout = time.Minute

// acceptsNDJSON reports whether a request names NDJSON, and likes JSON no better.
func acceptsNDJSON(r *http.Request) bool {
	quality := map[string]float64{}
	for _, line := range r.Header.Values("Accept") {
		for accept := range strings.SplitSeq(line, ",") {
			if kind, params, err := mime.ParseMediaType(accept); err == nil {
				quality[kind], _ = strconv.ParseFloat(cmp.Or(params["q"], "1"), 64) // what is no number is no liking
			}
		}
	}
	return quality[ndjson] > 0 && quality[ndjson] >= quality["application/json"]
}

// stream writes one item a line as pages arrive. Until the first page is there a failure has a status of its own;
// after that it is the last line.
func (s *server) stream(w http.ResponseWriter, r *http.Request, c call) {
	ctx, cancel := s.bound(r, c, maxCallTimeout)
	defer cancel()
	began := false
	lines := newLineWriter(w)
	err := s.engine.Stream(ctx, c.prepared, func(page okta.Page) error {
		if !began {
			began = true
			w.Header().Set("Content-Type", ndjson)
			w.WriteHeader(http.StatusOK)
		}
		return lines.page(page)
	}, lines.next)
	switch {
	case err == nil && !began:
		w.Header().Set("Content-Type", ndjson)
		w.WriteHeader(http.StatusOK)
		_ = lines.flush() // the caller has gone if this fails
	case err == nil:
		_ = lines.flush()
	case !began:
		s.fail(w, r, err)
	default:
		p := *problemOf(err)
		p.RequestID = requestID(r.Context())
		note(r, "outcome", p.Code)
		lines.problem(&p)
	}
}

// lineWriter writes NDJSON with a deadline for each page.
type lineWriter struct {
	w   http.ResponseWriter
	rc  *http.ResponseController
	buf []byte
}

func newLineWriter(w http.ResponseWriter) *lineWriter {
	return &lineWriter{w: w, rc: http.NewResponseController(w)}
}

func (l *lineWriter) page(page okta.Page) error {
	l.buf = page.AppendLines(l.buf[:0])
	return l.flush()
}

// next remembers the cursor of a Fetch All that stopped at its cap; it becomes the last line.
func (l *lineWriter) next(cursor string) error {
	line, err := json.Marshal(map[string]string{"@next": cursor})
	l.buf = append(append(l.buf[:0], line...), '\n')
	return err
}

func (l *lineWriter) problem(p *problem) {
	line, err := json.Marshal(map[string]*problem{"@problem": p})
	if err != nil {
		return // a problem always marshals
	}
	l.buf = append(append(l.buf[:0], line...), '\n')
	_ = l.flush() // the caller has gone if this fails
}

func (l *lineWriter) flush() error {
	if err := l.rc.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	if _, err := l.w.Write(l.buf); err != nil {
		return err
	}
	l.buf = l.buf[:0]
	return l.rc.Flush()
}
