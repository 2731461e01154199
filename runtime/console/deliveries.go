package console

import (
	"net/http"
	"net/url"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/store"
)

type deliveriesPage struct {
	Status string
	Tabs   []navLink
	List   deliveryList
	Next   string
}

// deliveryList is a table of deliveries.
type deliveryList struct {
	Items []runtime.DeliveryView
	One   bool // they are all of the subscription whose page this is
	May   bool // they can be sent again
}

func (c *console) deliveries(w http.ResponseWriter, r *http.Request) {
	p := deliveriesPage{}
	for _, status := range []string{"", store.DeliveryPending, store.DeliveryDead, store.DeliveryDelivered} {
		tab := navLink{Href: "/deliveries", Text: "All", Current: r.FormValue("status") == status}
		if status != "" {
			tab.Href, tab.Text = "/deliveries?status="+status, sentenceCase(status)
		}
		if tab.Current {
			p.Status = status
		}
		p.Tabs = append(p.Tabs, tab)
	}
	items, next, err := c.engine.Deliveries(
		r.Context(), store.DeliveryFilter{Status: p.Status}, r.FormValue("after"), 50)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	p.List = deliveryList{Items: items, May: mayOf(r).Subscribe}
	if next != "" {
		p.Next = "/deliveries?status=" + p.Status + "&after=" + url.QueryEscape(next)
	}
	c.render(w, r, http.StatusOK, "deliveries", page{Title: "Deliveries", Section: "deliveries", Data: p})
}

func (c *console) retryDelivery(w http.ResponseWriter, r *http.Request) {
	view, err := c.engine.RetryDelivery(r.Context(), r.PathValue("id"))
	if err != nil {
		c.fail(w, r, err)
		return
	}
	done(w, r, "/subscriptions/"+url.PathEscape(view.Subscription), "retried")
}
