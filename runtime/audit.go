package runtime

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/runtime/store"
)

const auditTimeout = 5 * time.Second

// AuditView is one call that wrote to Okta.
type AuditView struct {
	ID         string    `json:"id"`
	At         time.Time `json:"at"`
	Who        string    `json:"who"`        // the name of an API key, console, cli, or connector for the program itself
	Action     string    `json:"action"`     // or setUpEventHook and removeEventHook, of a subscription
	Connection string    `json:"connection"` // its name; for an inline one the org's host
	Object     string    `json:"object"`     // Okta's ids of what it was about; "" where none is known
	Outcome    string    `json:"outcome"`
	RequestID  string    `json:"oktaRequestId,omitempty"` // of the last write
}

// Audit lists the calls that wrote to Okta, newest first, after the given one.
func (e *Engine) Audit(ctx context.Context, after string, limit int) ([]AuditView, string, error) {
	if err := CallerOf(ctx).CheckAudit(); err != nil {
		return nil, "", err
	}
	before, err := strconv.ParseInt(orZero(after), 10, 64)
	if err != nil || before < 0 {
		return nil, "", badCursor
	}
	entries, err := e.store.Audit(ctx, before, limit+1)
	if err != nil {
		return nil, "", err
	}
	entries, next := cut(entries, limit, func(a store.AuditEntry) string { return strconv.FormatInt(a.Seq, 10) })
	views := make([]AuditView, len(entries))
	for i, a := range entries {
		views[i] = AuditView{
			ID: strconv.FormatInt(a.Seq, 10), At: a.At, Who: a.Who, Action: a.Action, Connection: a.Connection,
			Object: a.Object, Outcome: a.Outcome, RequestID: a.RequestID,
		}
	}
	return views, next, nil
}

// A wroteCall is who did what through which connection.
type wroteCall struct {
	caller     *Caller
	action     string
	connection string
}

// audit leaves a line in the log and in the store for a call that set out to write. Okta has done its part by then: a
// line that cannot be stored is an error in the log, which has the line itself, and the call goes on.
func (e *Engine) audit(ctx context.Context, c wroteCall, w okta.Writes, callErr error) {
	if w.Begun == 0 {
		return
	}
	entry := store.AuditEntry{
		Who: c.caller.name(), Action: c.action, Connection: c.connection,
		Object: objects(w.Objects), Outcome: writeOutcome(w, callErr), RequestID: w.RequestID,
	}
	e.log.InfoContext(ctx, "audit", "who", entry.Who, "action", entry.Action, "connection", entry.Connection,
		"object", entry.Object, "outcome", entry.Outcome, "oktaRequestId", entry.RequestID)
	if e.store == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditTimeout)
	defer cancel()
	if err := e.store.AppendAudit(ctx, entry); err != nil {
		e.log.ErrorContext(ctx, "audit line not stored", "action", entry.Action, "outcome", entry.Outcome, "error", err)
	}
}

const maxAuditObjects = 20

// oktaID is the form of Okta's ids.
var oktaID = regexp.MustCompile(`^[0-9A-Za-z]{20}$`)

// objects lists what a call changed by Okta's ids alone: a login, or what a raw request has in its path, is a person's
// or the caller's and has no place in a trail that is kept for months.
func objects(all []string) string {
	all = slices.Clone(all)
	for i, object := range all {
		ids := strings.Split(object, "/") // a member and its group are one object
		all[i] = strings.Join(slices.DeleteFunc(ids, func(id string) bool { return !oktaID.MatchString(id) }), "/")
	}
	all = slices.DeleteFunc(all, func(object string) bool { return object == "" })
	if more := len(all) - maxAuditObjects; more > 0 {
		return strings.Join(all[:maxAuditObjects], ", ") + ", and " + strconv.Itoa(more) + " more"
	}
	return strings.Join(all, ", ")
}
