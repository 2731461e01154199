package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// bucket names those of Okta's rate limits that share a count. The names are those of the table that Okta published
// until the end of 2025.
type bucket string

const (
	bucketApps   bucket = "/api/v1/apps"
	bucketApp    bucket = "/api/v1/apps/{id}"
	bucketGroups bucket = "/api/v1/groups"
	bucketGroup  bucket = "/api/v1/groups/{id}"
	bucketUsers  bucket = "/api/v1/users"
	bucketChange bucket = "POST /api/v1/users/{id}"
	bucketUser   bucket = "GET /api/v1/users/{id}"
	bucketLogs   bucket = "/api/v1/logs"
	bucketOther  bucket = "/api/v1"
	bucketOAuth  bucket = "/oauth2/v1"
)

// published are calls a minute of a workforce org.
var published = map[bucket]int{
	bucketApps: 100, bucketApp: 500, bucketGroups: 500, bucketGroup: 1000, bucketUsers: 600,
	bucketChange: 600, bucketUser: 2000, bucketLogs: 120, bucketOther: 1200, bucketOAuth: 150,
}

const (
	generousLimit = 2000
	noLimit       = 1_000_000_000
)

// bucketOf says which bucket an operation draws on.
func bucketOf(method, path string) bucket {
	resource, rest, _ := strings.Cut(strings.TrimPrefix(path, "/api/v1/"), "/")
	exact := rest != "" && !strings.Contains(rest, "/") // a path that ends with the id
	switch {
	case resource == "apps" && exact:
		return bucketApp
	case resource == "apps":
		return bucketApps
	case resource == "groups" && exact:
		return bucketGroup
	case resource == "groups":
		return bucketGroups
	case resource == "logs":
		return bucketLogs
	case resource == "users" && rest == "":
		return bucketUsers
	case resource == "users" && exact && method == http.MethodGet:
		return bucketUser
	case resource == "users" && exact:
		return bucketChange
	}
	return bucketOther
}

// limiter counts calls by bucket. A bucket's window begins with the first call in it, not with a clock's minute, and
// ends on a whole second, since that is what X-Rate-Limit-Reset can say.
type limiter struct {
	first map[bucket]int // as the options have it

	mu      sync.Mutex
	limits  map[bucket]int
	length  time.Duration
	windows map[bucket]*window
}

type window struct {
	end  time.Time
	used int
}

func newLimiter(table string) (*limiter, error) {
	l := &limiter{first: map[bucket]int{}}
	for b, n := range published {
		switch table {
		case "":
			n = generousLimit
		case "none":
			n = noLimit
		case "okta":
		default:
			return nil, fmt.Errorf(`sandbox: Limits: %q is none of "", "okta" and "none"`, table)
		}
		l.first[b] = n
	}
	l.reset()
	return l, nil
}

func (l *limiter) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limits, l.length, l.windows = map[bucket]int{}, time.Minute, map[bucket]*window{}
	for b, n := range l.first {
		l.limits[b] = n
	}
}

// set changes the limits that changes names and, unless it is zero, the length of a window. All windows begin anew. The
// error names a bucket that does not exist.
func (l *limiter) set(changes map[bucket]int, length time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for b := range changes {
		if _, ok := l.limits[b]; !ok {
			return fmt.Errorf("limits: no bucket %q", b)
		}
	}
	for b, n := range changes {
		l.limits[b] = n
	}
	if length > 0 {
		l.length = length
	}
	clear(l.windows)
	return nil
}

// take draws one call from b and writes what remains into h; a refusal when nothing was left.
func (l *limiter) take(b bucket, h http.Header) *apiError {
	l.mu.Lock()
	now, limit := time.Now(), l.limits[b]
	w := l.windows[b]
	if w == nil || !now.Before(w.end) {
		w = &window{end: now.Add(l.length + time.Second - 1).Truncate(time.Second)}
		l.windows[b] = w
	}
	w.used++
	remaining, end := limit-w.used, w.end
	l.mu.Unlock()

	h["X-Rate-Limit-Limit"] = []string{strconv.Itoa(limit)}
	h["X-Rate-Limit-Remaining"] = []string{strconv.Itoa(max(remaining, 0))}
	h["X-Rate-Limit-Reset"] = []string{strconv.FormatInt(end.Unix(), 10)}
	if remaining < 0 {
		return tooManyRequests()
	}
	return nil
}
