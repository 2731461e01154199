package sandbox

import (
	"net/http"
	"time"
)

// controlPrefix is where the sandbox is told to misbehave. No credential is asked for: nothing here is real.
const controlPrefix = "/_sandbox/"

func (o *Org) routeControl() {
	o.control = http.NewServeMux()
	o.control.HandleFunc("POST "+controlPrefix+"faults", o.addFault)
	o.control.HandleFunc("DELETE "+controlPrefix+"faults", o.clearFaults)
	o.control.HandleFunc("POST "+controlPrefix+"limits", o.setLimits)
	o.control.HandleFunc("POST "+controlPrefix+"logs", o.injectEvents)
	o.control.HandleFunc("POST "+controlPrefix+"reset", o.resetOrg)
	o.control.HandleFunc("POST "+controlPrefix+"users/{id}/lock", o.lockUser)
	o.control.HandleFunc(controlPrefix+"oauth/", o.oauth.control)
}

func refuseControl(w http.ResponseWriter, err error) {
	malformedBody(err.Error()).write(w, requestID())
}

// addFault is POST /_sandbox/faults.
func (o *Org) addFault(w http.ResponseWriter, r *http.Request) {
	var f fault
	if !readControl(w, r, &f) {
		return
	}
	if err := o.faults.add(f); err != nil {
		refuseControl(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// clearFaults is DELETE /_sandbox/faults.
func (o *Org) clearFaults(w http.ResponseWriter, _ *http.Request) {
	o.faults.clear()
	w.WriteHeader(http.StatusNoContent)
}

// setLimits is POST /_sandbox/limits {"limits":{"/api/v1/users":10},"window":"2s"}: other rate limits, by the names of
// their buckets, and another length of their windows than a minute.
func (o *Org) setLimits(w http.ResponseWriter, r *http.Request) {
	var given struct {
		Limits map[bucket]int `json:"limits"`
		Window string         `json:"window"`
	}
	if !readControl(w, r, &given) {
		return
	}
	var length time.Duration
	if given.Window != "" {
		var err error
		if length, err = time.ParseDuration(given.Window); err != nil {
			refuseControl(w, err)
			return
		}
	}
	if err := o.limiter.set(given.Limits, length); err != nil {
		refuseControl(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// resetOrg is POST /_sandbox/reset: the org as it was at first, with the same credentials.
func (o *Org) resetOrg(w http.ResponseWriter, _ *http.Request) {
	o.faults.clear()
	o.limiter.reset()
	o.oauth.reset()
	o.reset()
	w.WriteHeader(http.StatusNoContent)
}

// lockUser is POST /_sandbox/users/{id}/lock: what too many wrong passwords do to an active user.
func (o *Org) lockUser(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	u := o.findUser(r.PathValue("id"))
	switch {
	case u == nil:
		notFound(r.PathValue("id"), "User").write(w, requestID())
	case u.status != statusActive:
		wrongStatus().write(w, requestID())
	default:
		o.lock(u)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (o *Org) lock(u *user) {
	changed := u.clone()
	changed.become(statusLockedOut)
	o.replaceUser(changed)
	o.record(origin{who: changed.principal()}, happening{
		event: "user.account.lock", targets: []target{changed.target()}, reason: "LOCKED_OUT",
	})
}
