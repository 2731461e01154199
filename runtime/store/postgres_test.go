//go:build unix

package store_test

import (
	"testing"

	"github.com/okta-connector/okta-connector/runtime/store/pgtest"
	"github.com/okta-connector/okta-connector/runtime/store/storetest"
)

func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	pgtest.URL(t) // skips once, not for each test
	storetest.Run(t, pgtest.URL)
}

func BenchmarkPostgreSQL(b *testing.B) { storetest.Benchmark(b, pgtest.URL) }
