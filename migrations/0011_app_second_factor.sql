-- Second factor, e-mail addresses and password resets of accounts; the job queue that every owner may put work in
-- depends: 0007_app_accounts
-- No code or token is kept, only hashes. A TOTP secret has to be read again: it is encrypted with a key of the installation.

-- migrate: apply

-- Where mail for the user goes: set by an administrator, or by the user who showed to receive mail there.
ALTER TABLE app.accounts ADD COLUMN email text CHECK (email ~ '^[^@\s]{1,64}@[^@\s]{1,255}$');

-- "last_step": the time step (RFC 6238 section 4.2) of the last code that was taken; no code counts twice.
CREATE TABLE app.second_factors (
    subscriber_id text PRIMARY KEY REFERENCES directory.subscribers ON DELETE CASCADE,
    secret        bytea NOT NULL,
    last_step     bigint NOT NULL DEFAULT 0,
    created_at    timestamptz NOT NULL DEFAULT now(),
    confirmed_at  timestamptz
);

CREATE TABLE app.recovery_codes (
    subscriber_id text NOT NULL REFERENCES app.second_factors ON DELETE CASCADE,
    code_hash     bytea NOT NULL,
    PRIMARY KEY (subscriber_id, code_hash)
);

-- A code is made when its mail is sent; until then "code_hash" is null.
CREATE TABLE app.email_changes (
    subscriber_id text PRIMARY KEY REFERENCES directory.subscribers ON DELETE CASCADE,
    email         text NOT NULL CHECK (email ~ '^[^@\s]{1,64}@[^@\s]{1,255}$'),
    code_hash     bytea,
    expires_at    timestamptz NOT NULL
);

CREATE TABLE app.password_resets (
    token_hash    bytea PRIMARY KEY,
    subscriber_id text NOT NULL REFERENCES directory.subscribers ON DELETE CASCADE,
    expires_at    timestamptz NOT NULL
);
CREATE INDEX password_resets_subscriber ON app.password_resets (subscriber_id);

-- The one job queue. Every owner enqueues in its own transaction, for any worker; a worker sees its own jobs only.
-- "starts" is counted when a job is taken, so that one that kills its worker comes to an end too.
CREATE SCHEMA jobs;
CREATE TABLE jobs.queue (
    job_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    worker      text NOT NULL CHECK (worker IN ('directory', 'gateway', 'voicemail', 'recorder', 'push', 'app')),
    kind        text NOT NULL CHECK (kind ~ '^[a-z][a-z0-9_]{0,39}$'),
    payload     jsonb NOT NULL,
    enqueued_at timestamptz NOT NULL DEFAULT now(),
    due_at      timestamptz NOT NULL DEFAULT now(),
    starts      integer NOT NULL DEFAULT 0,
    last_error  text NOT NULL DEFAULT ''
);
CREATE INDEX queue_due ON jobs.queue (worker, due_at);

-- Jobs that were given up, until somebody looks: hipper jobs.
CREATE TABLE jobs.dead (
    job_id      bigint PRIMARY KEY,
    worker      text NOT NULL,
    kind        text NOT NULL,
    payload     jsonb NOT NULL,
    enqueued_at timestamptz NOT NULL,
    starts      integer NOT NULL,
    last_error  text NOT NULL,
    died_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX dead_worker ON jobs.dead (worker, died_at);

ALTER TABLE jobs.queue ENABLE ROW LEVEL SECURITY;
ALTER TABLE jobs.dead ENABLE ROW LEVEL SECURITY;
CREATE POLICY enqueue ON jobs.queue FOR INSERT WITH CHECK (true);
CREATE POLICY work ON jobs.queue USING ('hipper_' || worker = current_user);
CREATE POLICY work ON jobs.dead USING ('hipper_' || worker = current_user);

DO $roles$
DECLARE
    owner text;
BEGIN
    FOREACH owner IN ARRAY ARRAY['directory', 'gateway', 'voicemail', 'recorder', 'push', 'app'] LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA jobs TO %I', 'hipper_' || owner);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON jobs.queue, jobs.dead TO %I', 'hipper_' || owner);
    END LOOP;
END
$roles$;

-- migrate: rollback

DROP SCHEMA jobs CASCADE;
DROP TABLE app.password_resets, app.email_changes, app.recovery_codes, app.second_factors;
ALTER TABLE app.accounts DROP COLUMN email;
