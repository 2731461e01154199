package telemetry

import (
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/okta-connector/okta-connector/connections/okta"
)

// maxOrgs bounds the label org. Those that were opened last are shown.
const maxOrgs = 100

// governors shows what is known of the rate limits of orgs.
type governors struct {
	mu   sync.Mutex
	orgs []watched // opened last: at the end
}

type watched struct {
	org      string
	governor *okta.Governor
}

// WatchGovernors returns governors, and shows the rate limits of each one that is asked for.
func (m *Metrics) WatchGovernors(of func(org string) *okta.Governor) func(org string) *okta.Governor {
	return func(org string) *okta.Governor {
		g := of(org)
		m.governors.add(watched{org, g})
		return g
	}
}

func (g *governors) add(w watched) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.orgs = slices.DeleteFunc(g.orgs, func(known watched) bool { return known.org == w.org })
	if len(g.orgs) == maxOrgs {
		g.orgs = slices.Delete(g.orgs, 0, 1)
	}
	g.orgs = append(g.orgs, w)
}

func bucketDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc(namespace+"_okta_bucket_"+name, help, []string{"org", "method", "route"}, nil)
}

var (
	bucketLimit     = bucketDesc("limit", "Calls that Okta allows in a window, as its last answer said.")
	bucketRemaining = bucketDesc("remaining", "Calls left in the window.")
	bucketWaiting   = bucketDesc("waiting", "Calls that stand in line for room.")
	bucketInFlight  = bucketDesc("in_flight", "Calls under way.")
)

// Describe implements [prometheus.Collector].
func (g *governors) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{bucketLimit, bucketRemaining, bucketWaiting, bucketInFlight} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (g *governors) Collect(ch chan<- prometheus.Metric) {
	g.mu.Lock()
	orgs := slices.Clone(g.orgs)
	g.mu.Unlock()
	for _, w := range orgs {
		for _, b := range w.governor.Snapshot() {
			show := func(d *prometheus.Desc, value int) {
				ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(value), w.org, b.Method, b.Route)
			}
			if b.Limit > 0 {
				show(bucketLimit, b.Limit)
				show(bucketRemaining, b.Remaining)
			}
			show(bucketWaiting, b.Waiting)
			show(bucketInFlight, b.InFlight)
		}
	}
}
