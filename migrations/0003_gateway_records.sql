-- Call records of the gateway: one row per call, per leg, per device that was or was not rung, and the trace.
-- depends: 0001_runtime_roles_and_schemas
-- Identifiers are ours (opaque text); times are UTC. Written by fmc_gateway.records only.

-- migrate: apply

CREATE TABLE gateway.calls (
    call_id    text PRIMARY KEY,
    gateway    text NOT NULL,
    tenant     text,
    dialled    text NOT NULL,
    emergency  boolean NOT NULL,
    rule       text NOT NULL,
    outcome    text NOT NULL,
    started    timestamptz NOT NULL,
    answered   timestamptz,
    ended      timestamptz NOT NULL,
    setup_ms   double precision
);
CREATE INDEX calls_started ON gateway.calls (started);
CREATE INDEX calls_tenant_started ON gateway.calls (tenant, started);

CREATE TABLE gateway.legs (
    call_id            text NOT NULL REFERENCES gateway.calls ON DELETE CASCADE,
    leg_id             text NOT NULL,
    position           smallint NOT NULL,
    role               text NOT NULL,
    peer               text NOT NULL,
    subscriber         text,
    device             text,
    presentation       text NOT NULL,
    number             text,
    extension          text,
    name               text,
    network_number     text,
    payer_subscription text,
    tariff             text,
    sip_call_id        text,
    icid               text,
    offered            timestamptz NOT NULL,
    ringing            timestamptz,
    answered           timestamptz,
    ended              timestamptz,
    status             smallint,
    q850               smallint,
    ended_by           text,
    transcoded         boolean NOT NULL,
    PRIMARY KEY (call_id, leg_id)
);
CREATE INDEX legs_subscriber_offered ON gateway.legs (subscriber, offered);

CREATE TABLE gateway.device_attempts (
    call_id     text NOT NULL REFERENCES gateway.calls ON DELETE CASCADE,
    position    smallint NOT NULL,
    device      text NOT NULL,
    subscriber  text NOT NULL,
    leg_id      text,
    outcome     text NOT NULL,
    rule        text NOT NULL,
    status      smallint,
    q850        smallint,
    explanation text,
    PRIMARY KEY (call_id, position)
);

-- Numbers masked; kept shorter than the record (gateway.trace_retention_days).
CREATE TABLE gateway.traces (
    call_id text PRIMARY KEY REFERENCES gateway.calls ON DELETE CASCADE,
    started timestamptz NOT NULL,
    trace   jsonb NOT NULL
);
CREATE INDEX traces_started ON gateway.traces (started);

-- migrate: rollback

DROP TABLE gateway.traces, gateway.device_attempts, gateway.legs, gateway.calls;
