package runtime

import (
	"context"
	"time"

	"github.com/okta-connector/okta-connector/runtime/store"
)

// Rates counts the events of a subscription ("": of all) that arrived since a time, in buckets of whole minutes, oldest
// first. Every bucket up to now is there, also an empty one.
func (e *Engine) Rates(
	ctx context.Context, subscription string, since time.Time, bucket time.Duration,
) ([]store.Rate, error) {
	bucket = max(bucket.Truncate(time.Minute), time.Minute)
	counted, err := e.store.Rates(ctx, subscription, since, bucket)
	if err != nil {
		return nil, err
	}
	byStart := make(map[int64]int64, len(counted))
	for _, rate := range counted {
		byStart[rate.Start.Unix()] = rate.Events
	}
	var rates []store.Rate
	width := int64(bucket / time.Second)
	for start := since.Unix() / width * width; start <= time.Now().Unix(); start += width {
		rates = append(rates, store.Rate{Start: time.Unix(start, 0).UTC(), Events: byStart[start]})
	}
	return rates, nil
}
