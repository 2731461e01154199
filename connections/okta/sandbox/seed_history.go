package sandbox

import (
	"fmt"
	"time"
)

var browsers = []string{
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/604.1",
}

// historyReach is less than how far back a query goes by itself, so that a first look at the log shows it all.
const historyReach = logsReach - 6*time.Hour

// seedHistory writes what happened in the days before the present.
func (g *seeder) seedHistory() {
	n := g.options.LogEvents
	g.log.events = make([]*logEvent, 0, n)
	step := historyReach / time.Duration(n+1)
	began := g.now.Add(-historyReach)
	for len(g.log.events) < n {
		at := began.Add(time.Duration(len(g.log.events)) * step)
		g.recordEveryday(at.Add(time.Duration(g.chance.Int64N(int64(step)))))
	}
}

// origin makes up where u works.
func (s *state) everydayOrigin(u *user) origin {
	from := origin{
		who: u.principal(), userAgent: pick(s.chance, browsers), requestID: s.ids.token(27), uri: "/api/v1/authn",
		ip: fmt.Sprintf("198.51.100.%d", 1+s.chance.IntN(254)),
	}
	for i := range places {
		if places[i].City == u.text("city") {
			from.place = &places[i]
		}
	}
	return from
}

func (u *user) principal() principal {
	return principal{id: u.id, kind: "User", name: u.name(), login: u.login()}
}

// recordEveryday writes an event of the kind that makes up most of a System Log: somebody signs in, opens something,
// signs out.
func (o *Org) recordEveryday(at time.Time) {
	u := pick(o.chance, o.users.rows)
	if !u.maySignIn() {
		return
	}
	h := happening{at: at, targets: []target{u.target()}}
	switch n := o.chance.IntN(20); {
	case n < 8:
		h.event = "user.session.start"
		if n == 0 {
			h.reason = "INVALID_CREDENTIALS"
		}
	case n < 12:
		h.event = "policy.evaluate_sign_on"
	case n < 14:
		h.event = "user.authentication.auth_via_mfa"
	case n < 18 && len(o.assigned.apps[u.id]) > 0:
		a := o.apps.get(pick(o.chance, o.assigned.apps[u.id]))
		h.event, h.targets = "user.authentication.sso", appUserTargets(a, u, o.assigned.get(a.id, u.id))
	default:
		h.event = "user.session.end"
	}
	o.record(o.everydayOrigin(u), h)
}
