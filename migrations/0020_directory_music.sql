-- Music on hold of companies: recordings, made to what rtpengine plays
-- depends: 0009_directory_administration
-- Every gateway reads them here and keeps a copy of what it plays, by digest.

-- migrate: apply

CREATE TABLE directory.music (
    tenant_id    text NOT NULL REFERENCES directory.tenants ON DELETE CASCADE,
    name         text NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    display_name text NOT NULL,
    is_default   boolean NOT NULL DEFAULT false,
    duration_ms  integer NOT NULL CHECK (duration_ms > 0),
    digest       text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    audio        bytea NOT NULL,
    changed_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, name)
);
-- Sound does not compress: kept as it is, it is read at once.
ALTER TABLE directory.music ALTER COLUMN audio SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX music_default ON directory.music (tenant_id) WHERE is_default;
CREATE INDEX subscriber_services_recording ON directory.subscriber_services (tenant_id, (settings ->> 'recording'))
    WHERE service = 'music_on_hold_user';

-- migrate: rollback

DROP INDEX directory.subscriber_services_recording;
DROP TABLE directory.music;
