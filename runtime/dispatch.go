package runtime

import (
	"context"
	"sync"
	"time"
)

// How long the dispatcher sleeps at most. Work that was added here wakes it; what another replica added it finds.
const (
	idleAlone    = time.Minute
	idleReplicas = time.Second
)

// A claimed is a piece of work that this process owns. It runs under work, in a place.
type claimed struct {
	group string // what it may stand still for; "" where that is not known
	run   func(work context.Context, at *place)
}

// dispatcher claims work of one kind as it comes due and performs it, as many pieces at a time as there are places.
type dispatcher struct {
	*Engine
	kind     string
	patience time.Duration // see [place]
	free     chan struct{} // a token for each free place
	standing *standing
	wake     chan struct{}
	claim    func(ctx context.Context, n int, crowded []string) ([]claimed, time.Time, error)
}

func (e *Engine) newDispatcher(
	kind string, places int, patience time.Duration, wake chan struct{},
	claim func(context.Context, int, []string) ([]claimed, time.Time, error),
) *dispatcher {
	d := &dispatcher{
		Engine: e, kind: kind, patience: patience, free: make(chan struct{}, places), standing: newStanding(),
		wake: wake, claim: claim,
	}
	for range places {
		d.free <- struct{}{}
	}
	return d
}

// run claims and performs until ctx ends; the pieces run under work. It returns when all are done.
func (d *dispatcher) run(ctx, work context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for ctx.Err() == nil {
		select {
		case <-d.free:
		case <-ctx.Done():
			return
		}
		jobs, next, err := d.claim(ctx, 1+len(d.free), d.standing.crowded())
		if err != nil && ctx.Err() == nil {
			d.log.Error("claim failed", "kind", d.kind, "error", err)
			next = time.Now().Add(idleReplicas)
		}
		for i, job := range jobs {
			if i > 0 {
				<-d.free
			}
			wg.Go(func() {
				at := d.take(job.group)
				defer at.leave()
				job.run(work, at)
			})
		}
		if len(jobs) > 0 {
			continue
		}
		d.free <- struct{}{}
		if latest := time.Now().Add(d.idle()); next.IsZero() || next.After(latest) {
			next = latest
		}
		waitUntil(ctx, next, d.wake)
	}
}

func (e *Engine) idle() time.Duration {
	if e.store.Embedded() {
		return idleAlone
	}
	return idleReplicas
}

// waitUntil returns when at has come, when woken, or when ctx ends.
func waitUntil(ctx context.Context, at time.Time, wake <-chan struct{}) {
	timer := time.NewTimer(max(time.Until(at), time.Millisecond))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-wake:
	case <-ctx.Done():
	}
}

func wakeUp(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is awake already
	}
}
