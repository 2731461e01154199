package sandbox

import "slices"

// changePassword is POST /api/v1/users/{userId}/credentials/change_password.
func (o *Org) changePassword(c *call) *apiError {
	u, refusal := o.userOf(c)
	if refusal != nil {
		return refusal
	}
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
	states := []string{statusStaged, statusActive, statusPasswordExpired, statusRecovery}
	switch {
	case body.Old.Value == nil || body.New.Value == nil:
		return invalid("password", "oldPassword and newPassword: The field cannot be left blank")
	case u.password == nil || !slices.Contains(states, u.status):
		return cannotChange()
	case !u.password.is(*body.Old.Value):
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
}

func (o *Org) answerCredentials(c *call, u *user) *apiError {
	c.answer = u.credentialsJSON()
	return nil
}

// changeRecoveryQuestion is POST /api/v1/users/{userId}/credentials/change_recovery_question.
func (o *Org) changeRecoveryQuestion(c *call) *apiError {
	u, refusal := o.userOf(c)
	if refusal != nil {
		return refusal
	}
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
	if u.password == nil || !slices.Contains(states, u.status) {
		return cannotChangeQA()
	}
	if !u.password.is(body.Password.Value) {
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
	return o.answerReset(c, c.flag("sendEmail", true))
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
