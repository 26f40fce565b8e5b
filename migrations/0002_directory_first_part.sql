-- The directory: tenants, groups, domains, subscribers, numbers, devices, subscriptions, audit
-- depends: 0001_runtime_roles_and_schemas
-- Written by hipper.directory only. Composite foreign keys carry tenant_id, so that nothing crosses a tenant.

-- migrate: apply

-- An enterprise, or a stand-alone group: the boundary of on-net calls (seed 2.1). "name" is its key in provisioning files.
CREATE TABLE directory.tenants (
    tenant_id    text PRIMARY KEY DEFAULT 't_' || replace(gen_random_uuid()::text, '-', ''),
    name         text NOT NULL UNIQUE,
    display_name text NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('enterprise', 'group')),
    main_number  text,
    mobile_network text,
    created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE directory.groups (
    group_id     text PRIMARY KEY DEFAULT 'g_' || replace(gen_random_uuid()::text, '-', ''),
    tenant_id    text NOT NULL REFERENCES directory.tenants ON DELETE CASCADE,
    name         text NOT NULL,
    display_name text NOT NULL,
    country      text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    area_code    text CHECK (area_code ~ '^[1-9][0-9]{0,5}$'),
    UNIQUE (tenant_id, name),
    UNIQUE (tenant_id, group_id)
);

-- A domain is one tenant's; several of its groups may use it (seed 2.2).
CREATE TABLE directory.domains (
    domain    text PRIMARY KEY CHECK (domain = lower(domain)),
    tenant_id text NOT NULL REFERENCES directory.tenants ON DELETE CASCADE,
    UNIQUE (tenant_id, domain)
);

-- What legs are charged to (seed 5.7). The id is the operator's own reference.
CREATE TABLE directory.subscriptions (
    tenant_id       text NOT NULL REFERENCES directory.tenants ON DELETE CASCADE,
    subscription_id text NOT NULL CHECK (subscription_id ~ '^[!-~]{1,64}$'),
    kind            text NOT NULL CHECK (kind IN ('mobile', 'fixed')),
    PRIMARY KEY (tenant_id, subscription_id)
);

CREATE TABLE directory.subscribers (
    subscriber_id        text PRIMARY KEY DEFAULT 's_' || replace(gen_random_uuid()::text, '-', ''),
    tenant_id            text NOT NULL REFERENCES directory.tenants ON DELETE CASCADE,
    group_id             text NOT NULL,
    user_name            text NOT NULL,
    domain               text NOT NULL,
    display_name         text NOT NULL,
    identity             text NOT NULL CHECK (identity IN ('mobile', 'fixed', 'alternate')),
    identity_alternate   text,
    withhold             boolean NOT NULL,
    no_answer_s          integer NOT NULL CHECK (no_answer_s BETWEEN 5 AND 180),
    decline_ends_ringing boolean NOT NULL,
    mobile_subscription  text,
    fixed_subscription   text,
    language             text NOT NULL,
    enabled              boolean NOT NULL,
    UNIQUE (domain, user_name),
    UNIQUE (tenant_id, subscriber_id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES directory.groups (tenant_id, group_id),
    FOREIGN KEY (tenant_id, domain) REFERENCES directory.domains (tenant_id, domain),
    FOREIGN KEY (tenant_id, mobile_subscription) REFERENCES directory.subscriptions (tenant_id, subscription_id),
    FOREIGN KEY (tenant_id, fixed_subscription) REFERENCES directory.subscriptions (tenant_id, subscription_id)
);
CREATE INDEX subscribers_group ON directory.subscribers (tenant_id, group_id);

-- Extensions are unique within a tenant, E.164 numbers everywhere. A main number that is nobody's has no subscriber.
CREATE TABLE directory.numbers (
    number_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id     text NOT NULL REFERENCES directory.tenants ON DELETE CASCADE,
    subscriber_id text,
    kind          text NOT NULL CHECK (kind IN ('extension', 'fixed', 'mobile', 'alternate', 'main')),
    e164          text UNIQUE CHECK (e164 ~ '^\+[1-9][0-9]{1,14}$'),
    extension     text CHECK (extension ~ '^[1-9][0-9]{1,5}$' AND extension NOT IN ('112', '113')),
    UNIQUE (tenant_id, extension),
    UNIQUE (tenant_id, e164),
    CHECK ((kind = 'extension') = (extension IS NOT NULL) AND (extension IS NULL) = (e164 IS NOT NULL)),
    CHECK ((kind = 'main') = (subscriber_id IS NULL)),
    FOREIGN KEY (tenant_id, subscriber_id) REFERENCES directory.subscribers (tenant_id, subscriber_id) ON DELETE CASCADE
);
CREATE INDEX numbers_subscriber ON directory.numbers (subscriber_id);
CREATE UNIQUE INDEX numbers_one_of_a_kind ON directory.numbers (subscriber_id, kind) WHERE kind <> 'alternate';

ALTER TABLE directory.tenants ADD CONSTRAINT tenants_main_number_is_theirs
    FOREIGN KEY (tenant_id, main_number) REFERENCES directory.numbers (tenant_id, e164) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE directory.subscribers ADD CONSTRAINT subscribers_alternate_is_the_tenants
    FOREIGN KEY (tenant_id, identity_alternate) REFERENCES directory.numbers (tenant_id, e164)
    DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE directory.devices (
    device_id      text PRIMARY KEY DEFAULT 'd_' || replace(gen_random_uuid()::text, '-', ''),
    tenant_id      text NOT NULL REFERENCES directory.tenants ON DELETE CASCADE,
    subscriber_id  text NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('desk_phone', 'mobile')),
    label          text NOT NULL,
    aor_user       text,
    domain         text,
    mobile_network text,
    rings          boolean NOT NULL,
    UNIQUE (domain, aor_user),
    CHECK ((kind = 'desk_phone') = (aor_user IS NOT NULL) AND (aor_user IS NULL) = (domain IS NULL)),
    CHECK ((kind = 'mobile') = (mobile_network IS NOT NULL)),
    FOREIGN KEY (tenant_id, subscriber_id) REFERENCES directory.subscribers (tenant_id, subscriber_id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, domain) REFERENCES directory.domains (tenant_id, domain)
);
CREATE INDEX devices_subscriber ON directory.devices (subscriber_id);
CREATE UNIQUE INDEX devices_one_mobile ON directory.devices (subscriber_id) WHERE kind = 'mobile';

-- RFC 7616 §3.4.2 A1 hashed; the password itself is kept nowhere. Only the registrar reads this.
CREATE TABLE directory.device_credentials (
    device_id  text PRIMARY KEY REFERENCES directory.devices ON DELETE CASCADE,
    realm      text NOT NULL,
    ha1_md5    text NOT NULL CHECK (ha1_md5 ~ '^[0-9a-f]{32}$'),
    ha1_sha256 text NOT NULL CHECK (ha1_sha256 ~ '^[0-9a-f]{64}$'),
    changed_at timestamptz NOT NULL DEFAULT now()
);

-- Who changed what. No foreign keys: it outlives what it tells about.
CREATE TABLE directory.audit (
    audit_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT now(),
    tenant_id text NOT NULL,
    by        text NOT NULL,
    subject   text NOT NULL,
    change    text NOT NULL
);
CREATE INDEX audit_tenant_at ON directory.audit (tenant_id, at);

REVOKE ALL ON directory.device_credentials FROM hipper_voicemail, hipper_recorder, hipper_push, hipper_app;
REVOKE ALL ON directory.audit FROM hipper_gateway, hipper_voicemail, hipper_recorder, hipper_push;

-- migrate: rollback

DROP TABLE directory.audit, directory.device_credentials, directory.devices;
ALTER TABLE directory.subscribers DROP CONSTRAINT subscribers_alternate_is_the_tenants;
ALTER TABLE directory.tenants DROP CONSTRAINT tenants_main_number_is_theirs;
DROP TABLE directory.numbers, directory.subscribers, directory.subscriptions, directory.domains, directory.groups,
    directory.tenants;
