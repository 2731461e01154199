package sandbox

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Run delivers events to the hooks and, if the options say so, makes people work. It returns nil when ctx ends, after
// everything that it started has ended. Only one Run at a time makes sense.
func (o *Org) Run(ctx context.Context) error {
	var running sync.WaitGroup
	running.Go(func() { o.deliverEvents(ctx) })
	if o.options.Activity > 0 {
		running.Go(func() { o.work(ctx) })
	}
	running.Wait()
	return nil
}

// shortestTick bounds how often work wakes up; more changes than that come several at a time.
const shortestTick = 5 * time.Millisecond

// work makes as many changes a second as the options say.
func (o *Org) work(ctx context.Context) {
	tick := time.Duration(float64(time.Second) / o.options.Activity)
	ticker := time.NewTicker(max(tick, shortestTick))
	defer ticker.Stop()
	began, made := time.Now(), 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for due := int(time.Since(began).Seconds() * o.options.Activity); made < due; made++ {
			o.changeSomething()
		}
	}
}

// changeSomething makes one change that is plausible in a company.
func (o *Org) changeSomething() {
	o.mu.Lock()
	defer o.mu.Unlock()
	from := origin{
		who: o.administrator(), by: o.tokenID(), ip: "198.51.100.7", userAgent: browsers[0], requestID: o.ids.token(27),
	}
	n := o.chance.IntN(20)
	if o.users.len() == 0 {
		n = 0 // they have all been deleted
	}
	var u *user
	if n >= 3 {
		u = pick(o.chance, o.users.rows)
	}
	switch {
	case u == nil:
		o.hire(from)
	case n < 9 && u.status == statusActive:
		changed := u.clone()
		changed.profile["title"] = pick(o.chance, pick(o.chance, departments).titles[1:])
		o.replaceUser(changed)
		o.record(from, happening{
			event: "user.account.update_profile", targets: []target{changed.target()},
			debug: map[string]any{"changedAttributes": "title"},
		})
	case n < 12 && u.status == statusActive && u.id != o.admin:
		if g := pick(o.chance, o.groups.rows); g.kind == groupOkta {
			if o.members.has(g.id, u.id) {
				o.leave(from, g, u)
			} else {
				o.join(from, g, u)
			}
		}
	case n == 12 && u.status == statusActive && u.id != o.admin:
		changed := u.clone()
		changed.become(statusSuspended)
		o.replaceUser(changed)
		o.tell(from, "user.lifecycle.suspend", changed.target())
	case n == 13 && u.status == statusSuspended:
		changed := u.clone()
		changed.become(statusActive)
		o.replaceUser(changed)
		o.tell(from, "user.lifecycle.unsuspend", changed.target())
	default:
		o.recordEveryday(time.Time{})
	}
}

// hire brings somebody new.
func (o *Org) hire(from origin) {
	first, last := pick(o.chance, firstNames), pick(o.chance, lastNames)
	login := fmt.Sprintf("%s.%s.%d@%s", strings.ToLower(first), strings.ToLower(last), o.users.len(), domain)
	if _, given := o.logins[login]; given {
		return
	}
	d, office := pick(o.chance, departments), pick(o.chance, places)
	u, refusal := o.newUser(userRequest{Profile: map[string]any{
		"login": login, "email": login, "firstName": first, "lastName": last,
		"department": d.name, "costCenter": d.costCenter, "title": pick(o.chance, d.titles[1:]),
		"city": office.City, "countryCode": placeSettings[office.City].country,
	}})
	if refusal != nil {
		panic("sandbox: hire: " + refusal.Error()) // the login is free and the attributes are Okta's own
	}
	u.password, u.passwordChanged = newPassword(Password), now()
	u.activate()
	o.addUser(u)
	o.tell(from, "user.lifecycle.create", u.target())
	o.tell(from, "user.lifecycle.activate", u.target())
}
