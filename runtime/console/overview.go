package console

import (
	"net/http"
	"time"

	"github.com/okta-connector/okta-connector/runtime"
	"github.com/okta-connector/okta-connector/runtime/store"
)

// overviewPage is the state of everything at a glance.
type overviewPage struct {
	Connections   []connectionItem
	Subscriptions []subscriptionItem
	Attention     []attention
	Dead          []runtime.DeliveryView
	Chart         chart
	Actions       int
	Active        int
	Sandbox       string
}

// attention is something that will not mend itself.
type attention struct{ Text, Href string }

const (
	overviewItems = 8
	deadShown     = 5
)

func (c *console) overview(w http.ResponseWriter, r *http.Request) {
	p, err := c.overviewPage(r)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.render(w, r, http.StatusOK, "overview", page{Title: "Overview", Section: "overview", Data: p})
}

func (c *console) overviewPage(r *http.Request) (*overviewPage, error) {
	p := &overviewPage{Actions: len(c.offered(r).Actions), Sandbox: c.Sandbox}
	connections, err := c.allConnections(r.Context())
	if err != nil {
		return nil, err
	}
	for _, v := range connections {
		p.Connections = append(p.Connections, c.connectionItem(v))
	}
	subscriptions, _, err := c.engine.Subscriptions(r.Context(), "", mostConnections)
	if err != nil {
		return nil, err
	}
	for _, v := range subscriptions {
		item := c.subscriptionItem(v)
		p.Subscriptions = append(p.Subscriptions, item)
		if v.Status == "active" {
			p.Active++
		}
		if v.Status == "failing" && v.LastPoll != nil {
			p.Attention = append(p.Attention, attention{
				v.ID + " is failing: " + sentence(v.LastPoll.Error), "/subscriptions/" + v.ID,
			})
		}
		if v.Counts.Dead > 0 {
			p.Attention = append(p.Attention, attention{
				v.ID + " has " + count(int(v.Counts.Dead), "event") + " that its receiver never took.", "/subscriptions/" + v.ID,
			})
		}
	}
	p.Dead, _, err = c.engine.Deliveries(r.Context(), store.DeliveryFilter{Status: store.DeliveryDead}, "", deadShown)
	if err != nil {
		return nil, err
	}
	rates, err := c.engine.Rates(r.Context(), "", time.Now().Add(-chartHours*time.Hour), 30*time.Minute)
	if err != nil {
		return nil, err
	}
	p.Chart = newChart(rates, "24 hours ago")
	return p, nil
}

// Few returns so many of the connections as fit.
func (p *overviewPage) FewConnections() []connectionItem {
	return p.Connections[:min(len(p.Connections), overviewItems)]
}

// FewSubscriptions returns so many of the subscriptions as fit.
func (p *overviewPage) FewSubscriptions() []subscriptionItem {
	return p.Subscriptions[:min(len(p.Subscriptions), overviewItems)]
}
