package telemetry

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/okta-connector/okta-connector/runtime/store"
)

const statsTimeout = 5 * time.Second

// database shows what waits in the database, counted anew for each scrape. Replicas all show the same.
type database struct {
	stats func(context.Context) (store.Stats, error)
}

// WatchStore shows what s holds.
func (m *Metrics) WatchStore(s *store.Store) { m.registry.MustRegister(&database{s.Stats}) }

func databaseDesc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(namespace+"_"+name, help, labels, nil)
}

var (
	databaseUp       = databaseDesc("database_up", "Whether the database answered: 1 or 0.")
	subscriptionsNow = databaseDesc("subscriptions", "Subscriptions by status: active, paused or failing.", "status")
	pollLag          = databaseDesc("poll_lag_seconds", "How long the longest overdue poll has been due.")
	outboxEvents     = databaseDesc("outbox_events", "Events that wait for delivery.")
	pendingNow       = databaseDesc("pending_deliveries", "Deliveries of which an attempt was begun.")
	deadNow          = databaseDesc("dead_deliveries", "Deliveries that were given up.")
)

// Describe implements [prometheus.Collector].
func (d *database) Describe(ch chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{
		databaseUp, subscriptionsNow, pollLag, outboxEvents, pendingNow, deadNow,
	} {
		ch <- desc
	}
}

// Collect implements [prometheus.Collector].
func (d *database) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), statsTimeout)
	defer cancel()
	show := func(desc *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	s, err := d.stats(ctx)
	if err != nil {
		show(databaseUp, 0) // a scrape that fails would hide all other metrics
		return
	}
	show(databaseUp, 1)
	show(subscriptionsNow, float64(s.Subscriptions-s.Paused-s.Failing), "active")
	show(subscriptionsNow, float64(s.Paused), "paused")
	show(subscriptionsNow, float64(s.Failing), "failing")
	show(pollLag, s.PollLag.Seconds())
	show(outboxEvents, float64(s.PendingEvents))
	show(pendingNow, float64(s.PendingDeliveries))
	show(deadNow, float64(s.DeadDeliveries))
}
