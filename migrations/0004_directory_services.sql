-- Services of users and groups, contact lists, telephones at other exchanges, time zones
-- depends: 0002_directory_first_part
-- One row per service that was ever set, its settings as the Struct of hipper.pbx.services; hipper.directory checks
-- them before it writes. "version" counts changes, so that two people do not overwrite each other.

-- migrate: apply

ALTER TABLE directory.groups ADD COLUMN time_zone text NOT NULL DEFAULT 'Europe/Amsterdam';
ALTER TABLE directory.subscribers ADD COLUMN pack text NOT NULL DEFAULT 'vast_mobiel_premium_plus'
    CHECK (pack IN ('base_plus', 'business_plus', 'premium_plus', 'vast_mobiel_business_plus', 'vast_mobiel_premium_plus'));

CREATE TABLE directory.subscriber_services (
    tenant_id     text NOT NULL,
    subscriber_id text NOT NULL,
    service       text NOT NULL,
    settings      jsonb NOT NULL,
    version       bigint NOT NULL DEFAULT 1,
    changed_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (subscriber_id, service),
    FOREIGN KEY (tenant_id, subscriber_id) REFERENCES directory.subscribers (tenant_id, subscriber_id) ON DELETE CASCADE
);

CREATE TABLE directory.group_services (
    tenant_id  text NOT NULL,
    group_id   text NOT NULL,
    service    text NOT NULL,
    settings   jsonb NOT NULL,
    version    bigint NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (group_id, service),
    FOREIGN KEY (tenant_id, group_id) REFERENCES directory.groups (tenant_id, group_id) ON DELETE CASCADE
);

-- The user's two lists (seed 4.7.1): which callers are business and which are private.
CREATE TABLE directory.contact_numbers (
    tenant_id     text NOT NULL,
    subscriber_id text NOT NULL,
    e164          text NOT NULL CHECK (e164 ~ '^\+[1-9][0-9]{1,14}$'),
    list          text NOT NULL CHECK (list IN ('business', 'private')),
    PRIMARY KEY (subscriber_id, e164),
    FOREIGN KEY (tenant_id, subscriber_id) REFERENCES directory.subscribers (tenant_id, subscriber_id) ON DELETE CASCADE
);

-- A telephone of another exchange: "aor_user" is its user part there, "exchange" the trunk in the settings.
ALTER TABLE directory.devices ADD COLUMN exchange text;
ALTER TABLE directory.devices ADD COLUMN site text;
ALTER TABLE directory.devices DROP CONSTRAINT devices_kind_check;
ALTER TABLE directory.devices DROP CONSTRAINT devices_check;
ALTER TABLE directory.devices ADD CONSTRAINT devices_kind_check CHECK (kind IN ('desk_phone', 'mobile', 'exchange'));
ALTER TABLE directory.devices ADD CONSTRAINT devices_address_check
    CHECK ((kind IN ('desk_phone', 'exchange')) = (aor_user IS NOT NULL)
           AND (kind = 'desk_phone') = (domain IS NOT NULL)
           AND (kind = 'exchange') = (exchange IS NOT NULL));
CREATE UNIQUE INDEX devices_exchange ON directory.devices (exchange, aor_user) WHERE kind = 'exchange';

-- migrate: rollback

DELETE FROM directory.devices WHERE kind = 'exchange';
DROP INDEX directory.devices_exchange;
ALTER TABLE directory.devices DROP CONSTRAINT devices_address_check;
ALTER TABLE directory.devices DROP CONSTRAINT devices_kind_check;
ALTER TABLE directory.devices ADD CONSTRAINT devices_kind_check CHECK (kind IN ('desk_phone', 'mobile'));
ALTER TABLE directory.devices ADD CONSTRAINT devices_check
    CHECK ((kind = 'desk_phone') = (aor_user IS NOT NULL) AND (aor_user IS NULL) = (domain IS NULL));
ALTER TABLE directory.devices DROP COLUMN exchange, DROP COLUMN site;
DROP TABLE directory.contact_numbers, directory.group_services, directory.subscriber_services;
ALTER TABLE directory.subscribers DROP COLUMN pack;
ALTER TABLE directory.groups DROP COLUMN time_zone;
