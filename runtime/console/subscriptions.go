package console

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/connector"
	"github.com/okta-connector/okta-connector/runtime/store"
	"github.com/okta-connector/okta-connector/schemas"
)

type subscriptionsPage struct {
	May            may
	Items          []subscriptionItem
	Next           string
	HasConnections bool
}

type subscriptionItem struct {
	runtime.SubscriptionView
	Label string // of its trigger
	When  string // its schedule in words
}

func (c *console) subscriptionItem(v runtime.SubscriptionView) subscriptionItem {
	item := subscriptionItem{SubscriptionView: v, Label: v.Trigger, When: inWords(v.Schedule)}
	if trigger := c.index.Trigger(v.Trigger); trigger != nil {
		item.Label = trigger.Label
	}
	if v.Schedule == "" {
		item.When = "As Okta sends them"
	}
	return item
}

func (c *console) subscriptions(w http.ResponseWriter, r *http.Request) {
	views, next, err := c.engine.Subscriptions(r.Context(), r.FormValue("after"), 100)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	connections, err := c.allConnections(r.Context())
	if err != nil {
		c.fail(w, r, err)
		return
	}
	p := subscriptionsPage{May: mayOf(r), HasConnections: len(connections) > 0}
	for _, v := range views {
		p.Items = append(p.Items, c.subscriptionItem(v))
	}
	if next != "" {
		p.Next = "/subscriptions?after=" + url.QueryEscape(next)
	}
	c.render(w, r, http.StatusOK, "subscriptions", page{Title: "Subscriptions", Section: "subscriptions", Data: p})
}

// subscriptionPage is all about one subscription.
type subscriptionPage struct {
	subscriptionItem
	May        may
	Org        string
	Webhook    bool
	Chart      chart
	Events     []eventItem
	Runs       []runtime.PollView
	Deliveries deliveryList
	Schedule   scheduleView
	Inputs     node
	Cursor     string
	Problem    *problem
}

// eventItem is a CloudEvent as a list shows it.
type eventItem struct {
	ID, Type, Subject string
	Time              time.Time
	Name              string // what the event's object calls itself
	JSON              string
}

const (
	eventsShown = 6 // with their JSON: a page stays small
	runsShown   = 10
	chartHours  = 24
)

func (c *console) subscription(w http.ResponseWriter, r *http.Request) {
	view, err := c.engine.Subscription(r.Context(), r.PathValue("id"))
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.showSubscription(w, r, http.StatusOK, view, nil)
}

func (c *console) showSubscription(
	w http.ResponseWriter, r *http.Request, status int, view runtime.SubscriptionView, problem *problem,
) {
	p, err := c.subscriptionPage(r.Context(), view)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	p.Problem, p.May, p.Deliveries.May = problem, mayOf(r), mayOf(r).Subscribe
	c.render(w, r, status, "subscription", page{Title: view.ID, Section: "subscriptions", Data: p})
}

func (c *console) subscriptionPage(ctx context.Context, view runtime.SubscriptionView) (*subscriptionPage, error) {
	p := &subscriptionPage{subscriptionItem: c.subscriptionItem(view), Org: c.orgOf(ctx, view.Connection)}
	trigger := c.index.Trigger(view.Trigger)
	p.Webhook = trigger != nil && trigger.Kind == connector.Webhook
	rates, err := c.engine.Rates(ctx, view.ID, time.Now().Add(-chartHours*time.Hour), 30*time.Minute)
	if err != nil {
		return nil, err
	}
	p.Chart = newChart(rates, "24 hours ago")
	if p.Events, err = c.latestEvents(ctx, view, eventsShown); err != nil {
		return nil, err
	}
	if p.Runs, _, err = c.engine.Runs(ctx, view.ID, "", runsShown); err != nil {
		return nil, err
	}
	if view.DeliverTo != nil {
		filter := store.DeliveryFilter{Subscription: view.ID}
		p.Deliveries.One = true
		if p.Deliveries.Items, _, err = c.engine.Deliveries(ctx, filter, "", runsShown); err != nil {
			return nil, err
		}
	}
	if view.Schedule != "" {
		p.Schedule = readSchedule(view.Schedule, view.TimeZone, view.ID, time.Now())
	}
	if string(view.Inputs) != "{}" {
		p.Inputs = treeOf(view.Inputs)
	}
	if len(view.Cursor) > 0 {
		p.Cursor, _ = indented(view.Cursor)
	}
	return p, nil
}

// latestEvents lists the newest kept events, newest first. They are numbered without gaps.
func (c *console) latestEvents(ctx context.Context, view runtime.SubscriptionView, n int64) ([]eventItem, error) {
	after := strconv.FormatInt(max(0, view.Counts.Received-n), 10)
	latest, err := c.engine.Events(ctx, view.ID, after, int(n))
	if err != nil {
		return nil, err
	}
	items := make([]eventItem, len(latest.Items))
	for i, raw := range latest.Items {
		items[len(items)-1-i] = newEventItem(raw)
	}
	return items, nil
}

func newEventItem(raw json.RawMessage) eventItem {
	var event struct {
		ID, Type, Subject string
		Time              time.Time
		Data              json.RawMessage
	}
	_ = json.Unmarshal(raw, &event) // the engine made it
	text, _ := indented(raw)
	item := eventItem{ID: event.ID, Type: event.Type, Subject: event.Subject, Time: event.Time, JSON: text}
	if data := treeOf(event.Data); data.Kind == "object" {
		item.Name = data.about()
	}
	return item
}

// changeSubscription does what a button of the page says.
func (c *console) changeSubscription(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	var notice string
	var err error
	switch r.PathValue("what") {
	case "poll":
		notice = "polled"
		_, err = c.engine.PollNow(r.Context(), id)
	case "pause":
		notice = "paused"
		_, err = c.engine.SetPaused(r.Context(), id, true)
	case "resume":
		notice = "resumed"
		_, err = c.engine.SetPaused(r.Context(), id, false)
	case "rewind":
		notice = "rewound"
		err = c.rewind(r, id)
	case "retry":
		notice = "retried"
		_, err = c.engine.RetryDead(r.Context(), id)
	case "delete":
		if err = c.engine.DeleteSubscription(r.Context(), id); err == nil {
			done(w, r, "/subscriptions", "deleted")
			return
		}
	default:
		c.nothingHere(w, r)
		return
	}
	if err == nil {
		done(w, r, "/subscriptions/"+url.PathEscape(id), notice)
		return
	}
	view, viewErr := c.engine.Subscription(r.Context(), id)
	if viewErr != nil {
		c.fail(w, r, err)
		return
	}
	c.showSubscription(w, r, problemOf(err).Status, view, problemOf(err))
}

func (c *console) rewind(r *http.Request, id string) error {
	to, err := time.Parse(time.RFC3339Nano, moment(r.PostFormValue("to"), r.PostFormValue("to.zone")))
	if err != nil {
		return schemas.Invalid{{Pointer: "/to", Detail: "must be a date and time"}}
	}
	_, err = c.engine.Rewind(r.Context(), id, to)
	return err
}
