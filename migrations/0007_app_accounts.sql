-- Signing in to the API: accounts, sessions per device, refresh tokens, keys of programs
-- depends: 0002_directory_first_part
-- No password, token or key is kept, only hashes: argon2id of what people choose, SHA-256 of what is random.

-- migrate: apply

-- A user without a row is a user without a password.
CREATE TABLE app.accounts (
    subscriber_id text PRIMARY KEY REFERENCES directory.subscribers ON DELETE CASCADE,
    password_hash text CHECK (password_hash LIKE '$argon2id$%'),
    role          text NOT NULL DEFAULT 'user'
                  CHECK (role IN ('user', 'group_administrator', 'enterprise_administrator')),
    changed_at    timestamptz NOT NULL DEFAULT now()
);

-- A session is one device that signed in, and the family of the refresh tokens it was given.
CREATE TABLE app.sessions (
    session_id    text PRIMARY KEY,
    subscriber_id text NOT NULL REFERENCES directory.subscribers ON DELETE CASCADE,
    device_name   text NOT NULL,
    address       text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    used_at       timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    ended_at      timestamptz,
    ended_by      text CHECK (ended_by IN ('user', 'password', 'reuse', 'newer'))
);
CREATE INDEX sessions_subscriber ON app.sessions (subscriber_id, used_at);

-- A token that was used stays until its session is forgotten: seen again, it was stolen.
CREATE TABLE app.refresh_tokens (
    token_hash bytea PRIMARY KEY,
    session_id text NOT NULL REFERENCES app.sessions ON DELETE CASCADE,
    issued_at  timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz
);
CREATE INDEX refresh_tokens_session ON app.refresh_tokens (session_id);

CREATE TABLE app.api_keys (
    key_id     text PRIMARY KEY,
    key_hash   bytea NOT NULL UNIQUE,
    name       text NOT NULL,
    role       text NOT NULL CHECK (role IN ('operator', 'service')),
    tenant_id  text REFERENCES directory.tenants ON DELETE CASCADE,
    scopes     text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    CHECK ((role = 'service') = (tenant_id IS NOT NULL))
);
CREATE INDEX api_keys_tenant ON app.api_keys (tenant_id);

-- migrate: rollback

DROP TABLE app.api_keys, app.refresh_tokens, app.sessions, app.accounts;
