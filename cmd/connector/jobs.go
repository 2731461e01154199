package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// jobs are what runs side by side until the program is told to stop, or one of them fails.
type jobs struct {
	ctx    context.Context
	cancel context.CancelFunc
	group  sync.WaitGroup
	mu     sync.Mutex
	errs   []error
}

func newJobs(ctx context.Context) *jobs {
	j := new(jobs)
	j.ctx, j.cancel = context.WithCancel(ctx)
	return j
}

// start runs a job; its end, for whatever reason, is the end of all.
func (j *jobs) start(name string, run func(context.Context) error) {
	j.group.Go(func() {
		defer j.cancel()
		if err := run(j.ctx); err != nil && !errors.Is(err, context.Canceled) {
			j.mu.Lock()
			defer j.mu.Unlock()
			j.errs = append(j.errs, fmt.Errorf("%s: %w", name, err))
		}
	})
}

// stop ends all jobs and waits for them.
func (j *jobs) stop() error {
	j.cancel()
	return j.wait()
}

// wait returns when all jobs have ended.
func (j *jobs) wait() error {
	j.group.Wait()
	return errors.Join(j.errs...)
}
