package httpapi

import (
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/okta-connector/okta-connector/runtime/store"
	"github.com/okta-connector/okta-connector/schemas"
)

func (s *server) putSubscription(r *http.Request) (reply, error) {
	raw, err := readBody(r)
	if err != nil {
		return reply{}, err
	}
	if firstByte(raw) != '{' {
		return reply{}, newProblem(http.StatusBadRequest, "not_an_object", "the body must be a JSON object")
	}
	view, created, err := s.engine.PutSubscription(r.Context(), chi.URLParam(r, "id"), raw, false)
	if err != nil {
		return reply{}, err
	}
	return createdOr(created, view), nil
}

func (s *server) getSubscription(r *http.Request) (reply, error) {
	view, err := s.engine.Subscription(r.Context(), chi.URLParam(r, "id"))
	return ok(view), err
}

func (s *server) listSubscriptions(r *http.Request) (reply, error) {
	after, limit, err := page(r)
	if err != nil {
		return reply{}, err
	}
	views, next, err := s.engine.Subscriptions(r.Context(), after, limit)
	return ok(list{Items: views, NextCursor: next}), err
}

func (s *server) deleteSubscription(r *http.Request) (reply, error) {
	id := chi.URLParam(r, "id")
	if r.URL.Query().Get("force") == "true" {
		return noContent, s.engine.AbandonSubscription(r.Context(), id)
	}
	err := s.engine.DeleteSubscription(r.Context(), id)
	if err == nil {
		return noContent, nil
	}
	if p := problemOf(err); p.Status == http.StatusFailedDependency || p.Status > http.StatusInternalServerError {
		p.Detail += "; the subscription stays, because its event hook would be left behind in Okta: try again, or add " +
			"?force=true to remove it all the same"
		return reply{}, p
	}
	return reply{}, err
}

func (s *server) pollNow(r *http.Request) (reply, error) {
	view, err := s.engine.PollNow(r.Context(), chi.URLParam(r, "id"))
	return ok(view), err
}

func (s *server) pause(r *http.Request) (reply, error) {
	view, err := s.engine.SetPaused(r.Context(), chi.URLParam(r, "id"), true)
	return ok(view), err
}

func (s *server) resume(r *http.Request) (reply, error) {
	view, err := s.engine.SetPaused(r.Context(), chi.URLParam(r, "id"), false)
	return ok(view), err
}

// rewindBody is what POST /v1/subscriptions/{id}/rewind takes.
type rewindBody struct {
	To string `json:"to" title:"To" required:"true" format:"date-time" doc:"Events since then are reported once more."`
}

var rewindSchema = schemas.For[rewindBody]()

func (s *server) rewind(r *http.Request) (reply, error) {
	var body rewindBody
	if err := decodeBody(r, rewindSchema, &body); err != nil {
		return reply{}, err
	}
	to, err := time.Parse(time.RFC3339Nano, body.To)
	if err != nil {
		return reply{}, schemas.Invalid{{Pointer: "/to", Detail: "must be a date and time such as 2026-01-31T09:00:00Z"}}
	}
	view, err := s.engine.Rewind(r.Context(), chi.URLParam(r, "id"), to)
	return ok(view), err
}

func (s *server) events(r *http.Request) (reply, error) {
	after, limit, err := page(r)
	if err != nil {
		return reply{}, err
	}
	events, err := s.engine.Events(r.Context(), chi.URLParam(r, "id"), after, limit)
	return ok(list{Items: events.Items, NextCursor: events.Next, Warnings: events.Warnings}), err
}

func (s *server) runs(r *http.Request) (reply, error) {
	after, limit, err := page(r)
	if err != nil {
		return reply{}, err
	}
	runs, next, err := s.engine.Runs(r.Context(), chi.URLParam(r, "id"), after, limit)
	return ok(list{Items: runs, NextCursor: next}), err
}

func (s *server) listDeliveries(r *http.Request) (reply, error) {
	after, limit, err := page(r)
	if err != nil {
		return reply{}, err
	}
	filter := store.DeliveryFilter{
		Status: r.URL.Query().Get("status"), Subscription: r.URL.Query().Get("subscription"),
	}
	switch filter.Status {
	case "", store.DeliveryPending, store.DeliveryDelivered, store.DeliveryDead:
	default:
		return reply{}, schemas.Invalid{{Pointer: "/status", Detail: "must be one of pending, delivered, dead"}}
	}
	views, next, err := s.engine.Deliveries(r.Context(), filter, after, limit)
	return ok(list{Items: views, NextCursor: next}), err
}

func (s *server) retryDelivery(r *http.Request) (reply, error) {
	view, err := s.engine.RetryDelivery(r.Context(), chi.URLParam(r, "id"))
	return ok(view), err
}

func (s *server) retryDead(r *http.Request) (reply, error) {
	n, err := s.engine.RetryDead(r.Context(), chi.URLParam(r, "id"))
	return ok(map[string]int{"retried": n}), err
}
