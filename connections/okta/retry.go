package okta

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// Retry says what is repeated besides a rate limit, which is always waited out: Okta refuses with 429 before it
// processes anything.
//
// Without one, GET, HEAD and OPTIONS are repeated on 5xx and network errors. A write is repeated only when it surely
// never reached Okta: creating a user twice or minting a second reset token is worse than an error.
type Retry struct {
	Max   int                             // repeats after the first attempt
	Delay func(failure int) time.Duration // before the repeat that follows failure 0, 1, ...
	When  func(err error) bool            // whether err is worth a repeat; never asked about a 429
}

// RetryIdempotent is for writes that Okta may process twice without a difference, such as adding a member.
var RetryIdempotent = &Retry{Max: 3, Delay: Backoff, When: serverOrNetwork}

var retryUnprocessed = &Retry{Max: 3, Delay: Backoff, When: neverSent}

func retryByMethod(method string) *Retry {
	if isRead(method) {
		return RetryIdempotent
	}
	return retryUnprocessed
}

// isRead reports whether a method changes nothing, as RFC 9110 has it.
func isRead(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

func serverOrNetwork(err error) bool {
	var e *Error
	if errors.As(err, &e) {
		return e.Status >= 500
	}
	return isNetwork(err)
}

func neverSent(err error) bool {
	var n *NetworkError
	return errors.As(err, &n) && !n.Sent
}

func isNetwork(err error) bool {
	var n *NetworkError
	return errors.As(err, &n)
}

// Backoff doubles from 250 ms and adds up to a half at random, so that callers spread.
func Backoff(failure int) time.Duration {
	d := 250 * time.Millisecond << min(failure, 8)
	return d + rand.N(d/2)
}

// standBack is how long a call waits after a 429 that no bucket explains: Okta takes no more calls at once, or gives no
// reason. It doubles from a second to half a minute, give or take a half.
func standBack(refusals int) time.Duration {
	d := min(time.Second<<min(refusals, 5), 30*time.Second)
	return d/2 + rand.N(d)
}

// retryAfter is how long the answer asks to wait, 0 when it does not. Okta itself does not ask, but what stands before
// an org may. More than the longest window of Okta's is taken for nonsense.
func (e *Error) retryAfter() time.Duration {
	if e == nil || e.Status != http.StatusTooManyRequests && e.Status != http.StatusServiceUnavailable {
		return 0
	}
	text := e.Header("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 16); err == nil {
		return sensible(time.Duration(seconds) * time.Second)
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	date, err := http.ParseTime(e.Header("Date"))
	if err != nil {
		date = time.Now()
	}
	return sensible(at.Sub(date))
}

func sensible(d time.Duration) time.Duration {
	if d < 0 || d > maxWindow {
		return 0
	}
	return d
}

func hasTime(ctx context.Context, d time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > d
}
