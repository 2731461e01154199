package console

import (
	"fmt"
	"time"

	"github.com/okta-connector/okta-connector/runtime/store"
)

const (
	chartWidth  = 600
	chartHeight = 80
)

// chart is a picture of how many events arrived when.
type chart struct {
	Width, Height      int
	Bars               []bar
	Label, From, Total string
}

type bar struct {
	X, Y, Width, Height float64
	Title               string
	Empty               bool
}

// newChart draws one bar for each rate.
func newChart(rates []store.Rate, from string) chart {
	c := chart{Width: chartWidth, Height: chartHeight, From: from}
	var most, total int64
	for _, rate := range rates {
		most, total = max(most, rate.Events), total+rate.Events
	}
	c.Total = count(int(total), "event")
	c.Label = fmt.Sprintf("%s since %s; at most %d at once", c.Total, from, most)
	step := float64(chartWidth) / float64(max(1, len(rates)))
	for i, rate := range rates {
		height := 2.0
		if most > 0 {
			height = max(height, float64(chartHeight)*float64(rate.Events)/float64(most))
		}
		c.Bars = append(c.Bars, bar{
			X: float64(i)*step + step*0.1, Y: chartHeight - height, Width: step * 0.8, Height: height,
			Title: rate.Start.Format(time.DateTime) + " UTC: " + count(int(rate.Events), "event"), Empty: rate.Events == 0,
		})
	}
	return c
}
