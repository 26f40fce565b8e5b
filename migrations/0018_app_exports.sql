-- Exports of what is known about a user, as files for a while; and what a group has spent this month, for dry runs
-- depends: 0005_gateway_segments 0011_app_second_factor

-- migrate: apply

-- One of each user. "done" of "total" steps; "expires_at": it is gone by then, whoever did not fetch it.
CREATE TABLE app.exports (
    export_id     text PRIMARY KEY,
    subscriber_id text NOT NULL UNIQUE REFERENCES directory.subscribers ON DELETE CASCADE,
    state         text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'ready', 'failed')),
    done          int NOT NULL DEFAULT 0,
    total         int NOT NULL DEFAULT 0,
    size          bigint NOT NULL DEFAULT 0,
    fault         text CHECK (fault IN ('too_large', 'given_up')),
    created_at    timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL
);
CREATE INDEX exports_expires ON app.exports (expires_at);

-- The ZIP in pieces, so that nobody has the whole of it in memory.
CREATE TABLE app.export_pieces (
    export_id text NOT NULL REFERENCES app.exports ON DELETE CASCADE,
    position  int NOT NULL,
    bytes     bytea NOT NULL,
    PRIMARY KEY (export_id, position)
);

CREATE INDEX segments_group ON gateway.segments (charged_group, started)
    WHERE charged IS NOT NULL AND rate_per_minute > 0;

-- migrate: rollback

DROP INDEX gateway.segments_group;
DROP TABLE app.export_pieces, app.exports;
