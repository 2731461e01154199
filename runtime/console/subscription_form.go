package console

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/schemas"
)

// The parts of a subscription's form beside the trigger's inputs, drawn from the schemas that its request has.
var (
	specFields     = schemas.For[runtime.SubscriptionSpec]().Fields()
	receiverFields = schemas.For[runtime.Receiver]().Fields()
)

type subscriptionForm struct {
	Triggers    []*connector.Trigger // to choose from; nil once chosen
	Trigger     *connector.Trigger
	ID          string
	IDError     string
	Stored      bool
	Polled      bool
	Connection  string
	Connections []runtime.ConnectionView
	Inputs      []field
	Times       []field
	Receiver    []field
	HasReceiver bool
	Schedule    scheduleView
	Errors      errorSummary
	Problem     *problem
	Secret      string // a signing secret that was made and is shown this once
}

// sections of a subscription's form.
type subscriptionSections struct{ inputs, spec, receiver section }

func sectionsOf(trigger *connector.Trigger, stored bool) subscriptionSections {
	leaveOut := []string{"trigger", "connection", "inputs", "deliverTo"}
	if trigger.Kind == connector.Polling {
		leaveOut = append(leaveOut, "reconcile")
	}
	if stored {
		leaveOut = append(leaveOut, "startFrom")
	}
	return subscriptionSections{
		inputs:   newSection(trigger.Input.Fields(), "in.", inputsAt),
		spec:     newSection(specFields, "sub.", "").without(leaveOut...),
		receiver: newSection(receiverFields, "to.", "/deliverTo"),
	}
}

func (c *console) newSubscription(w http.ResponseWriter, r *http.Request) {
	trigger := c.index.Trigger(r.FormValue("trigger"))
	if trigger == nil {
		c.render(w, r, http.StatusOK, "subscription_form", page{
			Title: "New subscription", Section: "subscriptions", Data: subscriptionForm{Triggers: c.offered(r).Triggers},
		})
		return
	}
	s := sectionsOf(trigger, false)
	form := merge(s.inputs.defaults(), s.spec.defaults(), s.receiver.defaults())
	form.Set("sub.schedule", trigger.Schedule)
	form.Set("connection", askedConnection(r))
	c.showSubscriptionForm(w, r, http.StatusOK, trigger, subscriptionForm{}, form, nil, nil)
}

func (c *console) editSubscription(w http.ResponseWriter, r *http.Request) {
	view, err := c.engine.Subscription(r.Context(), r.PathValue("id"))
	if err != nil {
		c.fail(w, r, err)
		return
	}
	trigger := c.index.Trigger(view.Trigger)
	if trigger == nil {
		c.nothingHere(w, r)
		return
	}
	s := sectionsOf(trigger, true)
	form := merge(s.inputs.values(view.Inputs), s.spec.values(marshal(view)), s.receiver.defaults())
	form.Set("connection", view.Connection)
	if view.DeliverTo != nil {
		form.Set("to.url", view.DeliverTo.URL)
	}
	c.showSubscriptionForm(w, r, http.StatusOK, trigger, subscriptionForm{ID: view.ID, Stored: true}, form, nil, &view)
}

func merge(forms ...url.Values) url.Values {
	all := url.Values{}
	for _, form := range forms {
		for name, values := range form {
			all[name] = values
		}
	}
	return all
}

func (c *console) showSubscriptionForm(
	w http.ResponseWriter, r *http.Request, status int, trigger *connector.Trigger, p subscriptionForm,
	form url.Values, invalid schemas.Invalid, stored *runtime.SubscriptionView,
) {
	connections, err := c.allConnections(r.Context())
	if err != nil {
		c.fail(w, r, err)
		return
	}
	p.Trigger, p.Connections, p.Connection = trigger, connections, chosen(connections, form.Get("connection"))
	p.Polled = trigger.Kind == connector.Polling
	s := sectionsOf(trigger, p.Stored)
	d := &drawing{form: form, invalid: invalid, pickers: len(connections) > 0, more: form.Get("_more")}
	if stored != nil {
		d.stored = setIn(stored.Inputs)
	}
	p.Inputs = s.inputs.draw(d)
	p.Times = s.spec.draw(d)
	if stored != nil {
		d.stored = receiverSecrets(*stored)
	}
	p.Receiver = s.receiver.draw(d)
	for i := range p.Receiver {
		p.Receiver[i].Required = false // the receiver itself may be left out
		if f := &p.Receiver[i]; f.Name == "secret" && f.Empty != "" {
			f.Empty = "Make a new one, shown once"
		}
	}
	p.HasReceiver = form.Get("to.url") != ""
	p.IDError = takeAt(d, "/id")
	p.Errors = summarize(d.invalid, p.Inputs, p.Times, p.Receiver)
	p.Errors.lead("id", "Name", p.IDError)
	if form.Get("sub.schedule") != "" {
		p.Schedule = readSchedule(form.Get("sub.schedule"), form.Get("sub.timeZone"), p.ID, time.Now())
	}
	title := "New subscription"
	if p.Stored {
		title = p.ID
	}
	c.render(w, r, status, "subscription_form", page{Title: title, Section: "subscriptions", Data: p})
}

func receiverSecrets(view runtime.SubscriptionView) func(string) bool {
	return func(name string) bool {
		switch {
		case view.DeliverTo == nil:
			return false
		case name == "headers":
			return view.DeliverTo.Headers != nil
		}
		return name == "secret"
	}
}

// saveSubscription stores a new subscription, or a known one.
func (c *console) saveSubscription(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.fail(w, r, err)
		return
	}
	form := r.PostForm
	p := subscriptionForm{ID: r.PathValue("id")}
	p.Stored = p.ID != ""
	var stored *runtime.SubscriptionView
	triggerKey := form.Get("trigger")
	if p.Stored {
		view, err := c.engine.Subscription(r.Context(), p.ID)
		if err != nil {
			c.fail(w, r, err)
			return
		}
		stored, triggerKey = &view, view.Trigger
		form.Set("connection", view.Connection)
	} else {
		p.ID = form.Get("id")
	}
	trigger := c.index.Trigger(triggerKey)
	if trigger == nil {
		c.nothingHere(w, r)
		return
	}
	if form.Get("_more") != "" || form.Get("_do") == "preview" {
		c.showSubscriptionForm(w, r, http.StatusOK, trigger, p, form, nil, stored)
		return
	}
	view, err := c.putSubscription(r.Context(), trigger, p, form, stored)
	if err != nil {
		invalid, problem := fieldErrors(err)
		p.Problem = problem
		c.showSubscriptionForm(w, r, http.StatusUnprocessableEntity, trigger, p, form, invalid, stored)
		return
	}
	if view.DeliverTo != nil {
		if secret, fresh := view.DeliverTo.Secret.(string); fresh {
			p.Secret, p.Trigger = secret, trigger
			c.render(w, r, http.StatusOK, "subscription_form", page{Title: p.ID, Section: "subscriptions", Data: p})
			return
		}
	}
	done(w, r, "/subscriptions/"+url.PathEscape(p.ID), "saved")
}

func (c *console) putSubscription(
	ctx context.Context, trigger *connector.Trigger, p subscriptionForm, form url.Values, stored *runtime.SubscriptionView,
) (runtime.SubscriptionView, error) {
	if _, err := c.engine.Subscription(ctx, p.ID); err == nil && !p.Stored {
		return runtime.SubscriptionView{}, schemas.Invalid{{Pointer: "/id", Detail: "is taken by another subscription"}}
	}
	view, _, err := c.engine.PutSubscription(ctx, p.ID, subscriptionBody(trigger, p.Stored, form, stored), false)
	return view, err
}

// subscriptionBody makes the request that the form stands for.
func subscriptionBody(
	trigger *connector.Trigger, isStored bool, form url.Values, stored *runtime.SubscriptionView,
) json.RawMessage {
	s := sectionsOf(trigger, isStored)
	var kept, keptByReceiver func(string) bool
	if stored != nil {
		kept, keptByReceiver = setIn(stored.Inputs), receiverSecrets(*stored)
	}
	body := make(map[string]json.RawMessage)
	_ = json.Unmarshal(s.spec.inputs(form, nil), &body) // made a moment ago
	body["trigger"], body["connection"] = marshal(trigger.Key), marshal(form.Get("connection"))
	body["inputs"] = s.inputs.inputs(form, kept)
	if anyOf(form, "to.url", "to.secret", "to.headers.key", "to.headers.value") {
		body["deliverTo"] = s.receiver.inputs(form, keptByReceiver)
	}
	return marshal(body)
}

func anyOf(form url.Values, names ...string) bool {
	for _, name := range names {
		for _, value := range form[name] {
			if value != "" {
				return true
			}
		}
	}
	return false
}
