-- Times are microseconds since 1970 (UTC). BYTEAs are sealed. Names sort by their bytes, as on SQLite.

-- The time of the statement: it is stable, so that indexes on times are used, and one that waited for a lock does not
-- think that a lease ended meanwhile.
CREATE FUNCTION now_us() RETURNS BIGINT LANGUAGE SQL STABLE PARALLEL SAFE
    RETURN (EXTRACT(EPOCH FROM statement_timestamp()) * 1000000)::BIGINT;

CREATE TABLE connections (
    name       TEXT COLLATE "C" PRIMARY KEY,
    key        TEXT COLLATE "C" NOT NULL,
    inputs     BYTEA NOT NULL,
    state      BYTEA,
    version    BIGINT NOT NULL,
    declared   BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- stream numbers a subscription's events, deliveries and runs. It is never used again, so that a subscription made anew
-- under an old id starts empty while the old rows are still being removed.
-- poll_due_at: when the poll may be claimed next, the end of the lease while it is claimed; NULL: never polled.
-- send_due_at: the same for the lane of deliveries; NULL: nothing to send.
-- last_seq: the newest event; batched_seq: up to here events belong to deliveries.
CREATE TABLE subscriptions (
    stream       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id           TEXT COLLATE "C" NOT NULL UNIQUE,
    trigger_key  TEXT NOT NULL,
    connection   TEXT COLLATE "C" NOT NULL REFERENCES connections (name),
    inputs       BYTEA NOT NULL,
    schedule     TEXT NOT NULL,
    time_zone    TEXT NOT NULL,
    start_from   TEXT NOT NULL,
    batch_size   BIGINT NOT NULL,
    deliver      BYTEA,
    reconcile    BOOLEAN NOT NULL,
    declared     BOOLEAN NOT NULL,
    paused       BOOLEAN NOT NULL,
    state        BYTEA,
    version      BIGINT NOT NULL,
    epoch        BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    cursor       TEXT,
    next_poll_at BIGINT,
    failures     BIGINT NOT NULL,
    run_count    BIGINT NOT NULL,
    poll_due_at  BIGINT,
    poll_owner   TEXT NOT NULL,
    poll_fence   BIGINT NOT NULL,
    last_seq     BIGINT NOT NULL,
    batched_seq  BIGINT NOT NULL,
    send_due_at  BIGINT,
    send_owner   TEXT NOT NULL,
    send_fence   BIGINT NOT NULL
);

CREATE INDEX subscriptions_by_connection ON subscriptions (connection);
CREATE INDEX subscriptions_to_poll ON subscriptions (poll_due_at) WHERE NOT paused;
CREATE INDEX subscriptions_to_send ON subscriptions (send_due_at) WHERE NOT paused;

CREATE TABLE dropped_streams (
    stream BIGINT PRIMARY KEY
);

CREATE TABLE events (
    stream      BIGINT NOT NULL,
    seq         BIGINT NOT NULL,
    epoch       BIGINT NOT NULL,
    event_id    TEXT COLLATE "C" NOT NULL,
    type        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    occurred_at BIGINT,
    received_at BIGINT NOT NULL,
    data        BYTEA,
    PRIMARY KEY (stream, seq),
    UNIQUE (stream, epoch, event_id)
);

ALTER TABLE events ALTER COLUMN data SET STORAGE EXTERNAL; -- sealed data does not compress

-- How many events arrived in each minute (minutes since 1970).
CREATE TABLE event_minutes (
    minute BIGINT NOT NULL,
    stream BIGINT NOT NULL,
    events BIGINT NOT NULL,
    PRIMARY KEY (minute, stream)
);

-- id begins with the time, so that it sorts by age.
CREATE TABLE deliveries (
    id            TEXT COLLATE "C" PRIMARY KEY,
    stream        BIGINT NOT NULL,
    first_seq     BIGINT NOT NULL,
    last_seq      BIGINT NOT NULL,
    status        TEXT NOT NULL,
    attempts      BIGINT NOT NULL,
    last_status   BIGINT NOT NULL,
    last_error    TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    pending_since BIGINT NOT NULL,
    finished_at   BIGINT
);

CREATE INDEX deliveries_by_stream ON deliveries (stream, status, first_seq);
CREATE INDEX deliveries_by_status ON deliveries (status, id);
CREATE INDEX deliveries_by_end ON deliveries (finished_at);

CREATE TABLE runs (
    stream     BIGINT NOT NULL,
    run        BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at   BIGINT NOT NULL,
    result     TEXT NOT NULL,
    pages      BIGINT NOT NULL,
    events     BIGINT NOT NULL,
    error      TEXT NOT NULL,
    PRIMARY KEY (stream, run)
);

CREATE TABLE flows (
    id         TEXT COLLATE "C" PRIMARY KEY, -- SHA-256 of the state parameter
    data       BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE leases (
    name  TEXT COLLATE "C" PRIMARY KEY,
    owner TEXT COLLATE "C" NOT NULL,
    until BIGINT NOT NULL
);

-- status is NULL while the call runs.
CREATE TABLE idempotent_calls (
    scope       TEXT COLLATE "C" NOT NULL,
    key         TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT NOT NULL,
    owner       TEXT COLLATE "C" NOT NULL,
    lease_until BIGINT NOT NULL,
    status      BIGINT,
    answer      BYTEA,
    expires_at  BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
);

CREATE INDEX idempotent_calls_by_expiry ON idempotent_calls (expires_at);

CREATE TABLE invocations (
    id           TEXT COLLATE "C" PRIMARY KEY,
    scope        TEXT COLLATE "C" NOT NULL,
    action       TEXT NOT NULL,
    status       TEXT NOT NULL,
    progress     TEXT,
    answer       BYTEA,
    http_status  BIGINT NOT NULL,
    cancelled    BOOLEAN NOT NULL,
    owner        TEXT COLLATE "C" NOT NULL,
    lease_until  BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    finished_at  BIGINT,
    expires_at   BIGINT NOT NULL
);

CREATE INDEX invocations_by_expiry ON invocations (expires_at);

CREATE TABLE audit (
    seq         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          BIGINT NOT NULL,
    who         TEXT NOT NULL,
    action      TEXT NOT NULL,
    connection  TEXT COLLATE "C" NOT NULL,
    object      TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    request_id  TEXT NOT NULL
);

CREATE INDEX audit_by_time ON audit (at);

CREATE TABLE secrets (
    name TEXT COLLATE "C" PRIMARY KEY,
    data BYTEA NOT NULL
);
