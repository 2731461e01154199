package sandbox

import (
	"slices"
	"strings"
)

// become moves u to another state.
func (u *user) become(status string) {
	u.status = status
	u.statusChanged = now()
}

// activate moves u to the state that activation leads to: who can sign in already is active at once.
func (u *user) activate() {
	u.activated = now()
	if u.password != nil || u.providerType == "FEDERATION" || u.providerType == "SOCIAL" {
		u.become(statusActive)
		return
	}
	u.become(statusProvisioned)
}

// transition is the frame of a life-cycle operation: it checks the state, changes a copy of the user by change, stores
// it and tells the System Log.
func (o *Org) transition(
	c *call, event string, refusal *apiError, from []string, change func(*user),
) (*user, *apiError) {
	u, missing := o.userOf(c)
	if missing != nil {
		return nil, missing
	}
	if !slices.Contains(from, u.status) {
		return nil, refusal
	}
	changed := u.clone()
	change(changed)
	o.replaceUser(changed)
	o.tell(o.origin(c), event, changed.target())
	return changed, nil
}

// activateUser is POST /api/v1/users/{id}/lifecycle/activate.
func (o *Org) activateUser(c *call) *apiError {
	u, refusal := o.transition(c, "user.lifecycle.activate", alreadyActive(),
		[]string{statusStaged, statusDeprovisioned}, (*user).activate)
	if refusal != nil {
		return refusal
	}
	for _, g := range o.groupsOf(u.id) { // who was deactivated has lost what they bring
		for _, appID := range o.assigned.appsOfGroup(g.id) {
			o.assignByGroup(o.origin(c), o.apps.get(appID), u)
		}
	}
	return o.answerActivation(c, c.flag("sendEmail", true))
}

// reactivateUser is POST /api/v1/users/{id}/lifecycle/reactivate: another activation link for who did not use theirs.
func (o *Org) reactivateUser(c *call) *apiError {
	_, refusal := o.transition(c, "user.lifecycle.reactivate", wrongStatus(),
		[]string{statusProvisioned, statusRecovery}, func(*user) {})
	if refusal != nil {
		return refusal
	}
	return o.answerActivation(c, c.flag("sendEmail", false))
}

// answerActivation hands out an activation link unless it has been mailed.
func (o *Org) answerActivation(c *call, mailed bool) *apiError {
	if mailed {
		return c.empty()
	}
	token := o.ids.token(20)
	return c.json(struct {
		URL   string `json:"activationUrl"`
		Token string `json:"activationToken"`
	}{c.base() + "/tokens/" + token + "/verify", token})
}

// deactivateUser is POST /api/v1/users/{id}/lifecycle/deactivate.
func (o *Org) deactivateUser(c *call) *apiError {
	u, refusal := o.userOf(c)
	if refusal != nil {
		return refusal
	}
	if u.status == statusDeprovisioned {
		return wrongStatus()
	}
	o.deactivate(o.origin(c), u)
	return c.empty()
}

// deactivate takes u's password and applications away; groups stay, for the case that u comes back.
func (o *Org) deactivate(from origin, u *user) {
	changed := u.clone()
	changed.become(statusDeprovisioned)
	changed.password = nil
	o.replaceUser(changed)
	o.tell(from, "user.lifecycle.deactivate", changed.target())
	o.unassignAll(from, changed)
}

// deleteUser is DELETE /api/v1/users/{id}: it deactivates at first, and deletes who is deactivated.
func (o *Org) deleteUser(c *call) *apiError {
	u, refusal := o.userOf(c)
	if refusal != nil {
		return refusal
	}
	from := o.origin(c)
	if u.status != statusDeprovisioned {
		o.deactivate(from, u)
		return c.nothing()
	}
	o.tell(from, "user.lifecycle.delete.initiated", u.target())
	o.removeUser(u)
	o.tell(from, "user.lifecycle.delete.completed", u.target())
	return c.nothing()
}

func (o *Org) removeUser(u *user) {
	for _, id := range slices.Clone(o.members.in[u.id]) {
		o.members.remove(id, u.id)
		o.touchMembership(id)
	}
	delete(o.factors, u.id)
	delete(o.logins, strings.ToLower(u.login()))
	o.users.remove(u.id)
}

// suspendUser is POST /api/v1/users/{id}/lifecycle/suspend.
func (o *Org) suspendUser(c *call) *apiError {
	_, refusal := o.transition(c, "user.lifecycle.suspend",
		invalid("suspendUser", "Cannot suspend a user that is not active"),
		[]string{statusActive}, func(u *user) { u.become(statusSuspended) })
	if refusal != nil {
		return refusal
	}
	return c.empty()
}

// unsuspendUser is POST /api/v1/users/{id}/lifecycle/unsuspend.
func (o *Org) unsuspendUser(c *call) *apiError {
	_, refusal := o.transition(c, "user.lifecycle.unsuspend",
		invalid("unsuspendUser", "Cannot unsuspend a user that is not suspended"),
		[]string{statusSuspended}, func(u *user) { u.become(statusActive) })
	if refusal != nil {
		return refusal
	}
	return c.empty()
}

// unlockUser is POST /api/v1/users/{id}/lifecycle/unlock.
func (o *Org) unlockUser(c *call) *apiError {
	_, refusal := o.transition(c, "user.account.unlock_by_admin", cannotUnlock("The user is not locked out."),
		[]string{statusLockedOut}, func(u *user) { u.become(statusActive) })
	if refusal != nil {
		return refusal
	}
	return c.empty()
}

// resetPassword is POST /api/v1/users/{id}/lifecycle/reset_password.
func (o *Org) resetPassword(c *call) *apiError {
	if !c.query.Has("sendEmail") {
		return missingParameter("sendEmail")
	}
	u, refusal := o.userOf(c)
	if refusal != nil {
		return refusal
	}
	if u.providerType != "OKTA" && u.providerType != "IMPORT" {
		return resetFailed("The user's password is kept by another system.")
	}
	_, refusal = o.transition(c, "user.account.reset_password", wrongStatus(), []string{
		statusProvisioned, statusActive, statusRecovery, statusPasswordExpired, statusLockedOut,
	}, func(u *user) { u.become(statusRecovery) })
	if refusal != nil {
		return refusal
	}
	if c.flag("revokeSessions", false) {
		o.tell(o.origin(c), "user.session.clear", u.target())
	}
	return o.answerReset(c, "/reset_password/", c.flag("sendEmail", true))
}

// answerReset hands out a link to set a new password, at a path of the org, unless it has been mailed.
func (o *Org) answerReset(c *call, path string, mailed bool) *apiError {
	if mailed {
		return c.empty()
	}
	return c.json(map[string]string{"resetPasswordUrl": c.base() + path + o.ids.token(20)})
}

// expirePassword is POST /api/v1/users/{id}/lifecycle/expire_password.
func (o *Org) expirePassword(c *call) *apiError {
	u, refusal := o.expire(c, nil)
	if refusal != nil {
		return refusal
	}
	return o.answerUser(c, u)
}

// giveTemporary is POST /api/v1/users/{id}/lifecycle/expire_password_with_temp_password.
func (o *Org) giveTemporary(c *call) *apiError {
	temporary := "Tmp9" + o.ids.token(8)
	if _, refusal := o.expire(c, newPassword(temporary)); refusal != nil {
		return refusal
	}
	return c.json(map[string]string{"tempPassword": temporary})
}

func (o *Org) expire(c *call, temporary *password) (*user, *apiError) {
	return o.transition(c, "user.account.expire_password", wrongStatus(),
		[]string{statusActive, statusPasswordExpired, statusRecovery, statusLockedOut}, func(u *user) {
			u.become(statusPasswordExpired)
			if temporary != nil {
				u.password = temporary
			}
		})
}

// resetFactors is POST /api/v1/users/{id}/lifecycle/reset_factors.
func (o *Org) resetFactors(c *call) *apiError {
	u, refusal := o.userOf(c)
	if refusal != nil {
		return refusal
	}
	delete(o.factors, u.id)
	o.tell(o.origin(c), "user.mfa.factor.reset_all", u.target())
	return c.empty()
}
