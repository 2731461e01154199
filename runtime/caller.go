package runtime

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/okta-connector/okta-connector/runtime/connector"
)

// Role says what an API key is for. Each role may do what the one before it may.
type Role string

// The roles of an API key.
const (
	RoleRead   Role = "read"   // look at everything but the audit trail, perform what changes nothing in the org
	RoleInvoke Role = "invoke" // perform every action and keep subscriptions: what a workflow engine does
	RoleAdmin  Role = "admin"  // keep connections, and read the audit trail
)

// roles are in order: each includes those before it.
var roles = []Role{RoleRead, RoleInvoke, RoleAdmin}

// Restrictions take away from every caller of a server, whatever their role.
type Restrictions struct {
	ReadOnly      bool // nothing is changed: in an org, among the connections, among the subscriptions
	NoDestructive bool // no action that is annotated as destructive is performed
}

// A Caller is who asks the engine for something: how the audit trail names them, and what they may do. The engine finds
// it in the context. Without one, and for a nil Caller, everything is allowed: it is the program itself.
type Caller struct {
	Name string // "deploy", "cli", "console"
	Role Role   // [RoleRead] when empty
	// Allow and Deny hold keys of actions and triggers, or patterns of path.Match such as "get*". An empty Allow is all
	// of them; Deny comes first. A rawRequest can do what any action does: who denies an action should deny it too.
	Allow, Deny []string
	Restrictions
}

// Check returns what is wrong with how c is declared: an unknown role, or a bad pattern.
func (c *Caller) Check() error {
	if c.Role != "" && !slices.Contains(roles, c.Role) {
		return errors.New("role must be read, invoke or admin")
	}
	for _, pattern := range slices.Concat(c.Allow, c.Deny) {
		if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("%q is not a key or a pattern of keys", pattern)
		}
	}
	return nil
}

// CheckPerform returns a [ForbiddenError] when c may not perform a.
func (c *Caller) CheckPerform(a *connector.Action) error {
	switch {
	case c == nil || a == nil:
		return nil
	case c.ReadOnly && !a.Annotations.ReadOnly:
		return errServerReadOnly
	case c.NoDestructive && a.Annotations.Destructive:
		return &ForbiddenError{Detail: "this server performs no destructive actions, and " + a.Key + " is one"}
	case !a.Annotations.ReadOnly && !c.is(RoleInvoke):
		return c.tooLow(RoleInvoke)
	}
	return c.checkListed(a.Key)
}

// CheckWatch returns a [ForbiddenError] when c may not subscribe to t.
func (c *Caller) CheckWatch(t *connector.Trigger) error {
	if err := c.CheckSubscribe(); err != nil || c == nil || t == nil {
		return err
	}
	return c.checkListed(t.Key)
}

// CheckSubscribe returns a [ForbiddenError] when c may not change subscriptions and deliveries.
func (c *Caller) CheckSubscribe() error { return c.checkChange(RoleInvoke) }

// CheckConnect returns a [ForbiddenError] when c may not change connections.
func (c *Caller) CheckConnect() error { return c.checkChange(RoleAdmin) }

// CheckAudit returns a [ForbiddenError] when c may not read the audit trail.
func (c *Caller) CheckAudit() error {
	if c == nil || c.is(RoleAdmin) {
		return nil
	}
	return c.tooLow(RoleAdmin)
}

func (c *Caller) checkChange(needed Role) error {
	switch {
	case c == nil:
		return nil
	case c.ReadOnly:
		return errServerReadOnly
	case !c.is(needed):
		return c.tooLow(needed)
	}
	return nil
}

var errServerReadOnly = &ForbiddenError{Detail: "this server is read-only"}

func (c *Caller) is(role Role) bool { return slices.Index(roles, c.Role) >= slices.Index(roles, role) }

func (c *Caller) tooLow(needed Role) error {
	return &ForbiddenError{Detail: fmt.Sprintf("the key %s may not do this: it takes the role %s", c.Name, needed)}
}

func (c *Caller) checkListed(key string) error {
	listed := func(patterns []string) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool {
			match, err := path.Match(pattern, key)
			return match && err == nil
		})
	}
	if listed(c.Deny) || len(c.Allow) > 0 && !listed(c.Allow) {
		return &ForbiddenError{Detail: fmt.Sprintf("the key %s may not use %s", c.Name, key)}
	}
	return nil
}

// View returns what c may use of m, which may be all of it.
func (c *Caller) View(m *connector.Manifest) *connector.Manifest {
	if c == nil {
		return m
	}
	view := *m
	view.Actions = slices.DeleteFunc(slices.Clone(m.Actions), func(a *connector.Action) bool {
		return c.CheckPerform(a) != nil
	})
	view.Triggers = slices.DeleteFunc(slices.Clone(m.Triggers), func(t *connector.Trigger) bool {
		return c.CheckWatch(t) != nil
	})
	return &view
}

type callerKey struct{}

// WithCaller returns a context in which c is the one who asks.
func WithCaller(ctx context.Context, c *Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf returns who asks, nil for the program itself.
func CallerOf(ctx context.Context) *Caller {
	c, _ := ctx.Value(callerKey{}).(*Caller)
	return c
}

// programName is who did what nobody asked for, such as mending an event hook.
const programName = "connector"

func (c *Caller) name() string {
	if c == nil || c.Name == "" {
		return programName
	}
	return c.Name
}
