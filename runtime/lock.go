package runtime

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/okta-connector/okta-connector/runtime/store"
)

const (
	lockTime  = 10 * time.Second      // a lock outlives its holder's death by at most this
	lockRetry = 20 * time.Millisecond // between two tries
)

// lock makes the caller the only holder of name, across goroutines and replicas, until unlock is called. The work under
// it must be safe should the lock be lost: it guards against doing things twice, the versions of rows guard what is
// written.
func lock(ctx context.Context, s *store.Store, name string) (unlock func(), err error) {
	holder := rand.Text() // not the process: two of its goroutines exclude each other as well
	for {
		held, err := s.Lease(ctx, name, holder, lockTime)
		if err != nil {
			return nil, err
		}
		if held {
			renew := every(context.WithoutCancel(ctx), lockTime/3, func() bool {
				held, err := s.Lease(context.WithoutCancel(ctx), name, holder, lockTime)
				return held || err != nil
			})
			return func() {
				renew()
				// Should this fail, the lease ends by itself.
				_ = s.Release(context.WithoutCancel(ctx), name, holder)
			}, nil
		}
		waitUntil(ctx, time.Now().Add(lockRetry), nil)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
}
