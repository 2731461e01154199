package okta

import (
	"context"
	"iter"
)

// Prefetch yields what pages yields, one page ahead: while the consumer is busy with a page the next one is fetched,
// and no more than that. When the consumer stops early it calls cancel, which must end the context that pages was made
// with, and waits until the fetch has ended; with a nil cancel the fetch runs to its end. A panic in pages comes out
// here.
func Prefetch(pages iter.Seq2[Page, error], cancel context.CancelFunc) iter.Seq2[Page, error] {
	type fetched struct {
		page Page
		err  error
	}
	return func(yield func(Page, error) bool) {
		var (
			ahead    = make(chan fetched)
			stop     = make(chan struct{})
			ended    = make(chan struct{})
			panicked any
		)
		go func() {
			defer close(ended)
			defer close(ahead)
			defer func() { panicked = recover() }()
			for page, err := range pages {
				select {
				case ahead <- fetched{page, err}:
				case <-stop:
					return
				}
			}
		}()
		defer func() {
			close(stop)
			<-ended
			if panicked != nil {
				panic(panicked)
			}
		}()
		for f := range ahead {
			if !yield(f.page, f.err) {
				if cancel != nil {
					cancel()
				}
				return
			}
		}
	}
}
