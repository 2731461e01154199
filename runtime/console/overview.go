package console

import (
	"net/http"
	"time"
)

// overviewPage is the state of everything at a glance.
type overviewPage struct {
	May           may
	Connections   []connectionItem
	Subscriptions []subscriptionItem
	Attention     []attention
	Unshown       int   // more that needs attention
	Dead          int64 // events that no receiver took
	Pending       int64 // events on their way to receivers
	Chart         chart
	Actions       int
	Active        int
	Sandbox       string
}

// attention is a subscription that will not mend itself.
type attention struct{ ID, Text string }

const overviewItems = 8 // of each kind

func (c *console) overview(w http.ResponseWriter, r *http.Request) {
	p, err := c.overviewPage(r)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.render(w, r, http.StatusOK, "overview", page{Title: "Overview", Section: "overview", Data: p})
}

func (c *console) overviewPage(r *http.Request) (*overviewPage, error) {
	p := &overviewPage{May: mayOf(r), Actions: len(c.offered(r).Actions), Sandbox: c.Sandbox}
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
			p.Attention = append(p.Attention, attention{v.ID, "is failing: " + v.LastPoll.Error})
		}
		p.Pending += v.Counts.Pending
		if v.Counts.Dead > 0 {
			dead := count(int(v.Counts.Dead), "event")
			p.Attention = append(p.Attention, attention{v.ID, "has " + dead + " that its receiver never took"})
			p.Dead += v.Counts.Dead
		}
	}
	if more := len(p.Attention) - overviewItems; more > 0 {
		p.Attention, p.Unshown = p.Attention[:overviewItems], more
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
