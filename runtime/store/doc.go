// Package store keeps the connector's rows: connections, subscriptions, events, deliveries, runs, stored answers, long
// calls and the audit trail, in SQLite or PostgreSQL. What the rows mean is left to its caller: it knows nothing of
// Okta, of HTTP or of schedules, and it starts no goroutine.
//
// # One code path
//
// Every statement is written once and runs on both databases; a dialect holds the three or four words in which they
// differ. Times are whole microseconds since 1970 and now_us() is the database's clock: lease times never come from the
// caller. On SQLite now_us() is a Go function, so that testing/synctest moves it.
//
// # Work is claimed
//
// A poll and a subscription's lane of deliveries are each a column that says when they may be claimed next. A claim
// moves that column to the end of the lease and raises a fence; whatever the claim writes later names its fence and is
// refused with [ErrFenced] when another claim followed. A claim whose owner died is due by itself when its lease ends.
//
// # Nothing accepted is lost
//
// [Store.CommitPage] writes a page of events and the cursor behind it in one transaction. Events are numbered without
// gaps under the lock of their subscription's row, so that a reader who asks for what follows a number can not overlook
// an event that is committed later. A delivery is a range of those numbers, made when it is first claimed.
//
// Rejected: a queue library (its leases outlive a killed worker, its schedule lives in memory), and a table per concern
// (poll, lane, definition): one row per subscription makes a page one locked row and a claim one statement.
package store
