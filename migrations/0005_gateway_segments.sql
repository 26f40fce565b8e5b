-- Segments of a call with who pays (seed 5.7), its diversions, and what the mobile network calls it
-- depends: 0003_gateway_records
-- Written by fmc_gateway.records only.

-- migrate: apply

ALTER TABLE gateway.legs ADD COLUMN network_reference text;
ALTER TABLE gateway.legs ADD COLUMN diverted_by text;
CREATE INDEX legs_icid ON gateway.legs (icid) WHERE icid IS NOT NULL;

-- A stretch with the same two parties and payer. "charged": whose caps it counts for, by rate_per_minute euros.
CREATE TABLE gateway.segments (
    call_id            text NOT NULL REFERENCES gateway.calls ON DELETE CASCADE,
    position           smallint NOT NULL,
    calling            text NOT NULL,
    called             text NOT NULL,
    payer_subscription text,
    tariff             text NOT NULL,
    started            timestamptz NOT NULL,
    ended              timestamptz NOT NULL,
    charged            text,
    charged_group      text,
    rate_per_minute    double precision NOT NULL,
    PRIMARY KEY (call_id, position)
);
CREATE INDEX segments_charged_started ON gateway.segments (started) WHERE charged IS NOT NULL AND rate_per_minute > 0;

CREATE TABLE gateway.diversions (
    call_id    text NOT NULL REFERENCES gateway.calls ON DELETE CASCADE,
    position   smallint NOT NULL,
    subscriber text NOT NULL,
    reason     text NOT NULL,
    rule       text NOT NULL,
    destination text NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (call_id, position)
);

-- migrate: rollback

DROP TABLE gateway.diversions, gateway.segments;
ALTER TABLE gateway.legs DROP COLUMN network_reference, DROP COLUMN diverted_by;
