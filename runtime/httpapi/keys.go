package httpapi

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/okta-connector/okta-connector/runtime"
)

// A Key is an API key and what it may do.
type Key struct {
	Name   string       // in the audit trail and the log: 1 to 64 letters, digits, hyphens, underscores and dots
	Secret string       // what a caller gives; white space around it does not count
	Role   runtime.Role // [runtime.RoleRead] when empty
	Allow  []string     // keys of actions and triggers, or patterns such as "get*"; empty: all that the role allows
	Deny   []string     // likewise, and before Allow
}

// Keys are the API keys of a server and what its callers may do. Of the keys only digests are held. Without keys, which
// the nil Keys is too, everyone is let in.
type Keys struct {
	held   []heldKey
	limits runtime.Restrictions
}

type heldKey struct {
	digest [sha256.Size]byte
	caller *runtime.Caller
}

// NewKeys makes keys that may do everything and are named by their place: "key-1". It returns nil when there are none.
func NewKeys(secrets []string) *Keys {
	var k Keys
	for _, secret := range secrets {
		if secret = strings.TrimSpace(secret); secret != "" {
			k.hold(secret, runtime.Caller{Name: fmt.Sprintf("key-%d", len(k.held)+1), Role: runtime.RoleAdmin})
		}
	}
	if len(k.held) == 0 {
		return nil
	}
	return &k
}

// With returns the keys of k and more. The error names the key that is wrong, and holds no secret.
func (k *Keys) With(more ...Key) (*Keys, error) {
	all := k.clone()
	for _, key := range more {
		caller := runtime.Caller{Name: key.Name, Role: key.Role, Allow: key.Allow, Deny: key.Deny}
		if caller.Role == "" {
			caller.Role = runtime.RoleRead
		}
		secret := strings.TrimSpace(key.Secret)
		if err := all.check(&caller, secret); err != nil {
			return nil, fmt.Errorf("key %q: %w", key.Name, err)
		}
		all.hold(secret, caller)
	}
	return all, nil
}

// Restrict returns the keys of k on a server that no caller may do more with than limits leave.
func (k *Keys) Restrict(limits runtime.Restrictions) *Keys {
	all := k.clone()
	all.limits = limits
	for i, held := range all.held {
		caller := *held.caller
		caller.Restrictions = limits
		all.held[i].caller = &caller
	}
	return all
}

// Needed reports whether callers must have a key.
func (k *Keys) Needed() bool { return k != nil && len(k.held) > 0 }

func (k *Keys) clone() *Keys {
	if k == nil {
		return new(Keys)
	}
	return &Keys{held: slices.Clone(k.held), limits: k.limits}
}

func (k *Keys) hold(secret string, c runtime.Caller) {
	c.Restrictions = k.limits
	k.held = append(k.held, heldKey{sha256.Sum256([]byte(secret)), &c})
}

func (k *Keys) check(c *runtime.Caller, secret string) error {
	switch {
	case !plainID(c.Name, 1):
		return errors.New("its name must be 1 to 64 letters, digits, hyphens, underscores and dots")
	case secret == "":
		return errors.New("it is empty")
	case k.find(secret) != nil:
		return errors.New("another key is the same")
	case slices.ContainsFunc(k.held, func(h heldKey) bool { return h.caller.Name == c.Name }):
		return errors.New("another key has this name")
	}
	return c.Check()
}

// find returns the key that secret is, nil when there is none, in a time that does not depend on which.
func (k *Keys) find(secret string) *heldKey {
	digest, found := sha256.Sum256([]byte(secret)), -1
	for i, held := range k.held {
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(held.digest[:], digest[:]), i, found)
	}
	if found < 0 {
		return nil
	}
	return &k.held[found]
}

// id names a key in what is stored and signed, so that two callers' idempotency keys and long calls do not meet, and a
// session ends with its key.
func (h *heldKey) id() string { return hex.EncodeToString(h.digest[:6]) }

// byID returns who has the key with the given id, nil when it is gone.
func (k *Keys) byID(id string) *identity {
	if !k.Needed() {
		return k.anyone()
	}
	for _, held := range k.held {
		if held.id() == id {
			return &identity{id, held.caller}
		}
	}
	return nil
}

// An identity is a caller, and the id of their key: "" where none is needed.
type identity struct {
	id     string
	caller *runtime.Caller
}

// anyone is who comes where no key is needed.
func (k *Keys) anyone() *identity {
	caller := &runtime.Caller{Name: "api", Role: runtime.RoleAdmin}
	if k != nil {
		caller.Restrictions = k.limits
	}
	return &identity{caller: caller}
}

// bearer returns who a request's bearer token is the key of, nil for nobody.
func (k *Keys) bearer(r *http.Request) *identity {
	if !k.Needed() {
		return k.anyone()
	}
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil
	}
	held := k.find(strings.TrimSpace(secret))
	if held == nil {
		return nil
	}
	return &identity{held.id(), held.caller}
}
