"""The SQL of accounts, sessions and keys. ``hipper_app`` writes schema ``app`` and reads the directory."""

from __future__ import annotations

from hipper.directory.accounts import COLUMNS

SESSION = f"""
SELECT {COLUMNS}, coalesce(a.role, 'user') AS role, extract(epoch FROM x.expires_at - now())::float8 AS left_s
FROM app.sessions x
JOIN directory.subscribers s ON s.subscriber_id = x.subscriber_id
LEFT JOIN app.accounts a ON a.subscriber_id = s.subscriber_id
WHERE x.session_id = $1 AND x.ended_at IS NULL AND x.expires_at > now() AND s.enabled"""  # noqa: S608
SESSION_OWNER = "SELECT subscriber_id FROM app.sessions WHERE session_id = $1 AND ended_at IS NULL"
API_KEY = """
SELECT key_id, role, tenant_id, scopes,
       coalesce(extract(epoch FROM expires_at - now())::float8, 'infinity') AS left_s
FROM app.api_keys
WHERE key_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())"""
SIGN_IN = f"""
SELECT {COLUMNS}, a.password_hash, f.confirmed_at IS NOT NULL AS second_factor FROM directory.subscribers s
LEFT JOIN app.accounts a ON a.subscriber_id = s.subscriber_id
LEFT JOIN app.second_factors f ON f.subscriber_id = s.subscriber_id
WHERE s.domain = $1 AND s.user_name = $2"""  # noqa: S608
KNOWN_HASH = "SELECT password_hash FROM app.accounts WHERE subscriber_id = $1"
SET_HASH = """
INSERT INTO app.accounts AS known (subscriber_id, password_hash) VALUES ($1, $2)
ON CONFLICT (subscriber_id) DO UPDATE SET password_hash = excluded.password_hash, changed_at = now()"""
REHASH = "UPDATE app.accounts SET password_hash = $3 WHERE subscriber_id = $1 AND password_hash = $2"
SET_ROLE = """
INSERT INTO app.accounts AS known (subscriber_id, role) VALUES ($1, $2)
ON CONFLICT (subscriber_id) DO UPDATE SET role = excluded.role, changed_at = now()"""
OPEN_SESSION = """
INSERT INTO app.sessions (session_id, subscriber_id, device_name, address, expires_at)
VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))"""
# The user's row is locked first: of two sign-ins at once the second counts the first.
LOCK_USER = "SELECT password_hash FROM app.accounts WHERE subscriber_id = $1 FOR UPDATE"
END_OLDEST = """
UPDATE app.sessions SET ended_at = now(), ended_by = 'newer'
WHERE ended_at IS NULL AND session_id IN (
    SELECT session_id FROM app.sessions WHERE subscriber_id = $1 AND ended_at IS NULL
    ORDER BY used_at DESC OFFSET $2)"""
FORGET_EXPIRED = "DELETE FROM app.sessions WHERE subscriber_id = $1 AND expires_at < now()"
GIVE_REFRESH = "INSERT INTO app.refresh_tokens (token_hash, session_id) VALUES ($1, $2)"
# Two who come with the same token: the second waits for the row, and finds it gone. What was used is not
# kept: the token itself says whose it was.
USE_REFRESH = """
DELETE FROM app.refresh_tokens WHERE token_hash = $1 AND used_at IS NULL RETURNING session_id"""
PROLONG = """
UPDATE app.sessions SET used_at = now(), address = $2, expires_at = now() + make_interval(secs => $3)
WHERE session_id = $1 AND ended_at IS NULL AND expires_at > now()
  AND (SELECT s.enabled FROM directory.subscribers s WHERE s.subscriber_id = sessions.subscriber_id)
RETURNING subscriber_id"""
END_SESSION = """
UPDATE app.sessions SET ended_at = now(), ended_by = $2 WHERE session_id = $1 AND ended_at IS NULL
RETURNING subscriber_id"""
END_SESSIONS = """
UPDATE app.sessions SET ended_at = now(), ended_by = $2
WHERE subscriber_id = $1 AND ended_at IS NULL AND session_id <> $3"""
SESSIONS = """
SELECT session_id, device_name, address, created_at, used_at, expires_at FROM app.sessions
WHERE subscriber_id = $1 AND ended_at IS NULL AND expires_at > now() ORDER BY used_at DESC"""
