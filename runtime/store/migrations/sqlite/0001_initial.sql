-- Times are microseconds since 1970 (UTC); now_us() is a function of the connection. BLOBs are sealed unless noted.

CREATE TABLE connections (
    name       TEXT PRIMARY KEY,
    key        TEXT NOT NULL,
    inputs     BLOB NOT NULL,
    state      BLOB,
    version    INTEGER NOT NULL,
    declared   INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- stream numbers a subscription's events, deliveries and runs. It is never used again, so that a subscription made anew
-- under an old id starts empty while the old rows are still being removed.
-- poll_due_at: when the poll may be claimed next, the end of the lease while it is claimed; NULL: never polled.
-- send_due_at: the same for the lane of deliveries; NULL: nothing to send.
-- last_seq: the newest event; batched_seq: up to here events belong to deliveries.
CREATE TABLE subscriptions (
    stream       INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT NOT NULL UNIQUE,
    trigger_key  TEXT NOT NULL,
    connection   TEXT NOT NULL REFERENCES connections (name),
    inputs       BLOB NOT NULL,
    schedule     TEXT NOT NULL,
    time_zone    TEXT NOT NULL,
    start_from   TEXT NOT NULL,
    batch_size   INTEGER NOT NULL,
    deliver      BLOB,
    reconcile    INTEGER NOT NULL,
    declared     INTEGER NOT NULL,
    paused       INTEGER NOT NULL,
    state        BLOB,
    version      INTEGER NOT NULL,
    epoch        INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    cursor       TEXT,
    next_poll_at INTEGER,
    failures     INTEGER NOT NULL,
    run_count    INTEGER NOT NULL,
    poll_due_at  INTEGER,
    poll_owner   TEXT NOT NULL,
    poll_fence   INTEGER NOT NULL,
    last_seq     INTEGER NOT NULL,
    batched_seq  INTEGER NOT NULL,
    send_due_at  INTEGER,
    send_owner   TEXT NOT NULL,
    send_fence   INTEGER NOT NULL
) STRICT;

CREATE INDEX subscriptions_by_connection ON subscriptions (connection);
CREATE INDEX subscriptions_to_poll ON subscriptions (poll_due_at) WHERE NOT paused;
CREATE INDEX subscriptions_to_send ON subscriptions (send_due_at) WHERE NOT paused;

CREATE TABLE dropped_streams (
    stream INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE events (
    stream      INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    epoch       INTEGER NOT NULL,
    event_id    TEXT NOT NULL,
    type        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    occurred_at INTEGER,
    received_at INTEGER NOT NULL,
    data        BLOB,
    PRIMARY KEY (stream, seq),
    UNIQUE (stream, epoch, event_id)
) STRICT;

-- How many events arrived in each minute (minutes since 1970).
CREATE TABLE event_minutes (
    minute INTEGER NOT NULL,
    stream INTEGER NOT NULL,
    events INTEGER NOT NULL,
    PRIMARY KEY (minute, stream)
) STRICT, WITHOUT ROWID;

-- id begins with the time, so that it sorts by age.
CREATE TABLE deliveries (
    id            TEXT PRIMARY KEY,
    stream        INTEGER NOT NULL,
    first_seq     INTEGER NOT NULL,
    last_seq      INTEGER NOT NULL,
    status        TEXT NOT NULL,
    attempts      INTEGER NOT NULL,
    last_status   INTEGER NOT NULL,
    last_error    TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    pending_since INTEGER NOT NULL,
    finished_at   INTEGER
) STRICT;

CREATE INDEX deliveries_by_stream ON deliveries (stream, status, first_seq);
CREATE INDEX deliveries_by_status ON deliveries (status, id);
CREATE INDEX deliveries_by_end ON deliveries (finished_at);

CREATE TABLE runs (
    stream     INTEGER NOT NULL,
    run        INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL,
    result     TEXT NOT NULL,
    pages      INTEGER NOT NULL,
    events     INTEGER NOT NULL,
    error      TEXT NOT NULL,
    PRIMARY KEY (stream, run)
) STRICT, WITHOUT ROWID;

CREATE TABLE flows (
    id         TEXT PRIMARY KEY, -- SHA-256 of the state parameter
    data       BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE leases (
    name  TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- status is NULL while the call runs.
CREATE TABLE idempotent_calls (
    scope       TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    owner       TEXT NOT NULL,
    lease_until INTEGER NOT NULL,
    status      INTEGER,
    answer      BLOB,
    expires_at  INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT;

CREATE INDEX idempotent_calls_by_expiry ON idempotent_calls (expires_at);

CREATE TABLE invocations (
    id           TEXT PRIMARY KEY,
    scope        TEXT NOT NULL,
    action       TEXT NOT NULL,
    status       TEXT NOT NULL,
    progress     TEXT,
    answer       BLOB,
    http_status  INTEGER NOT NULL,
    cancelled    INTEGER NOT NULL,
    owner        TEXT NOT NULL,
    lease_until  INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    finished_at  INTEGER,
    expires_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX invocations_by_expiry ON invocations (expires_at);

CREATE TABLE audit (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    at          INTEGER NOT NULL,
    who         TEXT NOT NULL,
    action      TEXT NOT NULL,
    connection  TEXT NOT NULL,
    object      TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    request_id  TEXT NOT NULL
) STRICT;

CREATE INDEX audit_by_time ON audit (at);

CREATE TABLE secrets (
    name TEXT PRIMARY KEY,
    data BLOB NOT NULL
) STRICT, WITHOUT ROWID;
