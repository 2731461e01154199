package sandbox

import "slices"

// changePassword is POST /api/v1/users/{userId}/credentials/change_password.
func (o *Org) changePassword(c *call) *apiError {
	var body struct {
		Old struct {
			Value *string `json:"value"`
		} `json:"oldPassword"`
		New struct {
			Value *string `json:"value"`
		} `json:"newPassword"`
		RevokeSessions bool `json:"revokeSessions"`
	}
	if refusal := c.decode(&body); refusal != nil {
		return refusal
	}
	if body.Old.Value == nil || body.New.Value == nil {
		return invalid("password", "oldPassword and newPassword: The field cannot be left blank")
	}
	states := []string{statusStaged, statusActive, statusPasswordExpired, statusRecovery}
	return o.provePassword(c, *body.Old.Value, func(u *user, right bool) *apiError {
		switch {
		case u.password == nil || !slices.Contains(states, u.status):
			return cannotChange()
		case !right:
			return credentialsStay("Old Password is not correct")
		case !strongEnough(*body.New.Value, u.login()):
			return weakPassword(passwordRules)
		case *body.Old.Value == *body.New.Value:
			return credentialsStay("Password cannot be your current password")
		}
		changed := u.clone()
		changed.password, changed.passwordChanged = newPassword(*body.New.Value), now()
		if u.status == statusRecovery || u.status == statusPasswordExpired {
			changed.become(statusActive)
		}
		o.replaceUser(changed)
		from := o.origin(c)
		o.tell(from, "user.account.update_password", changed.target())
		if body.RevokeSessions {
			o.tell(from, "user.session.clear", changed.target())
		}
		return o.answerCredentials(c, changed)
	})
}

// provePassword finds the user in the path and runs change under the org's lock, telling it whether value is their
// password. That is found out without the lock, since it may take a while, and anew if the user has changed meanwhile.
func (o *Org) provePassword(c *call, value string, change func(u *user, right bool) *apiError) *apiError {
	for {
		o.mu.RLock()
		u, refusal := o.userOf(c)
		o.mu.RUnlock()
		if refusal != nil {
			return refusal
		}
		right := u.password != nil && u.password.is(value)
		if refusal, done := o.changeUnchanged(u, func() *apiError { return change(u, right) }); done {
			return refusal
		}
	}
}

// changeUnchanged runs change under the lock, unless u is not the present user any more.
func (o *Org) changeUnchanged(u *user, change func() *apiError) (refusal *apiError, done bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.users.get(u.id) != u {
		return nil, false
	}
	return change(), true
}

func (o *Org) answerCredentials(c *call, u *user) *apiError {
	c.answer = u.credentialsJSON()
	return nil
}

// changeRecoveryQuestion is POST /api/v1/users/{userId}/credentials/change_recovery_question.
func (o *Org) changeRecoveryQuestion(c *call) *apiError {
	var body struct {
		Password struct {
			Value string `json:"value"`
		} `json:"password"`
		Recovery struct {
			Question string `json:"question"`
			Answer   string `json:"answer"`
		} `json:"recovery_question"`
	}
	if refusal := c.decode(&body); refusal != nil {
		return refusal
	}
	states := []string{statusStaged, statusActive, statusRecovery}
	return o.provePassword(c, body.Password.Value, func(u *user, right bool) *apiError {
		if u.password == nil || !slices.Contains(states, u.status) {
			return cannotChangeQA()
		}
		if !right {
			return credentialsStay("Password is not correct")
		}
		if refusal := checkRecovery(body.Recovery.Question, body.Recovery.Answer); refusal != nil {
			return refusal
		}
		changed := u.clone()
		changed.question, changed.answer = body.Recovery.Question, body.Recovery.Answer
		o.replaceUser(changed)
		o.tell(o.origin(c), "user.account.update_recovery_question", changed.target())
		return o.answerCredentials(c, changed)
	})
}

// forgotPassword is POST /api/v1/users/{userId}/credentials/forgot_password: a link to set a new password, for those
// with a recovery question.
func (o *Org) forgotPassword(c *call) *apiError {
	u, refusal := o.userOf(c)
	if refusal != nil {
		return refusal
	}
	if u.status != statusActive || u.question == "" {
		return cannotForget()
	}
	o.tell(o.origin(c), "user.account.reset_password", u.target())
	return o.answerReset(c, "/signin/reset-password/", c.flag("sendEmail", true))
}

// revokeUserSessions is DELETE /api/v1/users/{userId}/sessions. The org keeps no sessions: that they are gone shows in
// the System Log.
func (o *Org) revokeUserSessions(c *call) *apiError {
	u, refusal := o.userOf(c)
	if refusal != nil {
		return refusal
	}
	o.record(o.origin(c), happening{
		event: "user.session.clear", targets: []target{u.target()},
		debug: map[string]any{
			"oauthTokens": c.flag("oauthTokens", false), "forgetDevices": c.flag("forgetDevices", true),
		},
	})
	return c.nothing()
}
