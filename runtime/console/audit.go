package console

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/okta-connector/okta-connector/runtime"
)

const auditShown = 50

type auditPage struct {
	Items []auditItem
	Older string // the address of the lines before these
	Later bool   // there are newer lines than these
}

// auditItem is a line of the trail as a list shows it.
type auditItem struct {
	runtime.AuditView
	Label   string // of its action
	Href    string // of its action's form; "" where whoever is signed in may not use it
	Stored  bool   // Connection has a page
	Objects []string
	Ended   ending
}

// ending is an outcome in words. Its Look is a class of style sheet's.
type ending struct{ Words, Look string }

var endings = map[string]ending{
	runtime.OutcomeDone:        {"Done", "good"},
	runtime.OutcomePartly:      {"Done in part", "warning"},
	runtime.OutcomeRefused:     {"Refused by Okta", "danger"},
	runtime.OutcomeRateLimited: {"Rate limited", "danger"},
	runtime.OutcomeCancelled:   {"Cancelled", ""},
	runtime.OutcomeFailed:      {"Failed", "danger"},
	runtime.OutcomeUnknown:     {"Not known", "warning"},
}

// hookSteps are what subscriptions write to Okta by themselves; no form belongs to them.
var hookSteps = map[string]string{"setUpEventHook": "Set up event hook", "removeEventHook": "Remove event hook"}

func (c *console) audit(w http.ResponseWriter, r *http.Request) {
	after := r.FormValue("after")
	lines, next, err := c.engine.Audit(r.Context(), after, auditShown)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	connections, err := c.allConnections(r.Context())
	if err != nil {
		c.fail(w, r, err)
		return
	}
	stored := make(map[string]bool, len(connections))
	for _, v := range connections {
		stored[v.Name] = true
	}
	p := auditPage{Later: after != ""}
	for _, line := range lines {
		item := c.auditItem(r, line)
		item.Stored = stored[line.Connection]
		p.Items = append(p.Items, item)
	}
	if next != "" {
		p.Older = "/audit?after=" + url.QueryEscape(next)
	}
	c.render(w, r, http.StatusOK, "audit", page{Title: "Audit trail", Section: "audit", Data: p})
}

func (c *console) auditItem(r *http.Request, line runtime.AuditView) auditItem {
	item := auditItem{AuditView: line, Label: line.Action, Ended: endings[line.Outcome]}
	if item.Ended.Words == "" {
		item.Ended.Words = line.Outcome
	}
	if line.Object != "" {
		item.Objects = strings.Split(line.Object, ", ")
	}
	action := c.index.Action(line.Action)
	switch {
	case action == nil && hookSteps[line.Action] != "":
		item.Label = hookSteps[line.Action]
	case action != nil:
		item.Label = action.Label
		if runtime.CallerOf(r.Context()).CheckPerform(action) == nil {
			item.Href = "/actions/" + action.Key
		}
	}
	return item
}
