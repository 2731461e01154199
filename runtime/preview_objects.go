package runtime

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/okta-connector/okta-connector/connections/okta"
	"github.com/okta-connector/okta-connector/schemas"
)

// An object is something in the org that a call would change: as it is, and as it would be.
type object struct {
	kind, path    string
	before, after any // JSON; after is nil when it would be gone
}

// readable are the things that Okta shows under the path they are changed at.
var readable = []struct {
	kind     string
	template string
	segments int // of the path
}{
	{"users", "/api/v1/users/{id}", 5},
	{"groups", "/api/v1/groups/{id}", 5},
	{"eventHooks", "/api/v1/eventHooks/{id}", 5},
	{"appUsers", "/api/v1/apps/{id}/users/{id}", 7},
}

// objectOf tells which object a write at an escaped path is about, and what stands in the path after it:
// "", "/lifecycle/suspend".
func objectOf(path string) (o object, rest string) {
	segments := strings.Split(path, "/")
	for _, r := range readable {
		if len(segments) < r.segments || segments[3] != strings.Split(r.template, "/")[3] ||
			r.segments == 7 && segments[5] != "users" {
			continue
		}
		o.kind, o.path = r.kind, strings.Join(segments[:r.segments], "/")
		rest = strings.TrimPrefix(path, o.path)
		if rest == "" || strings.HasPrefix(rest, "/lifecycle/") || strings.HasPrefix(rest, "/credentials/") {
			return o, rest
		}
	}
	return object{}, ""
}

func templateOf(kind string) string {
	for _, r := range readable {
		if r.kind == kind {
			return r.template
		}
	}
	return ""
}

// touched reads what the writes among steps are about and lets them happen in thought. notes has one for each step, ""
// where there is nothing to say.
func touched(
	ctx context.Context, c *okta.Client, steps []okta.DryStep,
) (objects []*object, notes []string, err error) {
	notes = make([]string, len(steps))
	known := make(map[string]*object) // nil: it may not be read
	for i, step := range steps {
		o, rest := objectOf(step.Request.Path.String())
		if !step.Write() || o.path == "" || strings.HasSuffix(o.path, "/"+okta.PretendID) {
			continue
		}
		if _, met := known[o.path]; !met {
			switch err := o.read(ctx, c, steps); {
			case err == nil:
				known[o.path] = &o
				objects = append(objects, &o)
			case okta.HasStatus(err, http.StatusForbidden):
				known[o.path] = nil
			default:
				return nil, nil, err
			}
		}
		if object := known[o.path]; object != nil {
			notes[i] = object.apply(step.Request, rest)
		} else {
			notes[i] = noteHidden
		}
	}
	return objects, notes, nil
}

// read finds the object among what was read already, or asks for it.
func (o *object) read(ctx context.Context, c *okta.Client, steps []okta.DryStep) error {
	var answer *okta.Response
	for _, step := range steps {
		if !step.Write() && step.Request.Method == http.MethodGet && step.Request.Path.String() == o.path &&
			len(step.Request.Query) == 0 {
			answer = step.Answer
		}
	}
	r := &okta.Request{Method: http.MethodGet, Path: okta.Raw(o.path, templateOf(o.kind))}
	if answer == nil {
		var err error
		if answer, err = c.Do(ctx, r); err != nil {
			return err
		}
	}
	raw, err := answer.JSON(r)
	if err != nil {
		return err
	}
	if o.before, err = decode(raw); err != nil {
		return fmt.Errorf("%s: %w", templateOf(o.kind), err)
	}
	o.after = o.before
	return nil
}

// A lifecycle is an operation that moves an object from one of some statuses to another.
type lifecycle struct {
	from []string // nil: any
	to   string   // "": it depends on more than the object shows
}

// lifecycles are the operations by kind and end of path, as Okta documents them.
var lifecycles = map[string]lifecycle{
	"users/lifecycle/activate":        {from: []string{"STAGED", "DEPROVISIONED"}},
	"users/lifecycle/reactivate":      {from: []string{"PROVISIONED", "RECOVERY"}},
	"users/lifecycle/suspend":         {from: []string{"ACTIVE"}, to: "SUSPENDED"},
	"users/lifecycle/unsuspend":       {from: []string{"SUSPENDED"}, to: "ACTIVE"},
	"users/lifecycle/unlock":          {from: []string{"LOCKED_OUT", "ACTIVE"}, to: "ACTIVE"},
	"users/lifecycle/deactivate":      {to: "DEPROVISIONED"},
	"users/lifecycle/reset_password":  {to: "RECOVERY"},
	"users/lifecycle/expire_password": {to: "PASSWORD_EXPIRED"},
	"eventHooks/lifecycle/activate":   {to: "ACTIVE"},
	"eventHooks/lifecycle/deactivate": {to: "INACTIVE"},
}

// apply lets a write happen to the object, as Okta documents it, and returns what there is to say of that.
func (o *object) apply(r *okta.Request, rest string) (note string) {
	now, _ := o.after.(map[string]any)
	if now == nil {
		return ""
	}
	switch {
	case rest != "":
		return o.move(now, lifecycles[o.kind+rest])
	case r.Method != http.MethodDelete:
		body, err := decode(r.Body)
		if err != nil {
			return "" // a body that is not JSON is Okta's to refuse
		}
		o.after = merge(now, body, r.Method == http.MethodPut)
	case o.kind == "users" && now["status"] != "DEPROVISIONED":
		o.after = with(now, "status", "DEPROVISIONED")
		return noteFirstDelete
	default:
		o.after = nil
	}
	return ""
}

// move lets a lifecycle operation happen, or says why it will not.
func (o *object) move(now map[string]any, op lifecycle) (note string) {
	status, _ := now["status"].(string)
	if op.from != nil && status != "" && !slices.Contains(op.from, status) {
		return fmt.Sprintf("Okta will refuse this: the status is %s and must be %s", status, strings.Join(op.from, " or "))
	}
	if op.to != "" {
		o.after = with(now, "status", op.to)
	}
	return ""
}

func with(m map[string]any, name string, value any) map[string]any {
	m = maps.Clone(m)
	m[name] = value
	return m
}

// merge writes body over now: member by member, or, where whole, in place of the members that body has.
func merge(now map[string]any, body any, whole bool) map[string]any {
	members, _ := body.(map[string]any)
	now = maps.Clone(now)
	for name, value := range members {
		have, isObject := now[name].(map[string]any)
		if _, both := value.(map[string]any); both && isObject && !whole {
			value = merge(have, value, false)
		}
		now[name] = value
	}
	return now
}

// diff lists where two JSON values differ: objects member by member, everything else as a whole.
func diff(changes []Change, pointer string, from, to any) []Change {
	a, isA := from.(map[string]any)
	b, isB := to.(map[string]any)
	switch {
	case reflect.DeepEqual(from, to):
		return changes
	case !isA || !isB:
		return append(changes, Change{pointer, from, to})
	}
	names := maps.Clone(a)
	maps.Copy(names, b)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		changes = diff(changes, pointer+schemas.Pointer(name), a[name], b[name])
	}
	return changes
}
