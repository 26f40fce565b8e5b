"""The SQL of second factors, e-mail addresses and password resets."""

from __future__ import annotations

from hipper.directory.accounts import COLUMNS

# --- second factor ------------------------------------------------------------------------------------

FACTOR = """
SELECT secret, last_step, confirmed_at,
    (SELECT count(*) FROM app.recovery_codes c WHERE c.subscriber_id = f.subscriber_id) AS codes_left
FROM app.second_factors f WHERE subscriber_id = $1"""
# One that is confirmed is not replaced: who enrols anew takes the old one off first.
ENROL = """
INSERT INTO app.second_factors AS known (subscriber_id, secret) VALUES ($1, $2)
ON CONFLICT (subscriber_id) DO UPDATE SET secret = excluded.secret, created_at = now()
WHERE known.confirmed_at IS NULL RETURNING subscriber_id"""
CONFIRM = """
UPDATE app.second_factors SET confirmed_at = now(), last_step = $2
WHERE subscriber_id = $1 AND confirmed_at IS NULL RETURNING subscriber_id"""
# Of two who come with the same code at once, the second finds the step taken.
TAKE_STEP = """
UPDATE app.second_factors SET last_step = $2
WHERE subscriber_id = $1 AND confirmed_at IS NOT NULL AND last_step < $2 RETURNING subscriber_id"""
TAKE_RECOVERY_CODE = """
DELETE FROM app.recovery_codes WHERE subscriber_id = $1 AND code_hash = $2 RETURNING subscriber_id"""
FORGET_RECOVERY_CODES = "DELETE FROM app.recovery_codes WHERE subscriber_id = $1"
ADD_RECOVERY_CODE = "INSERT INTO app.recovery_codes (subscriber_id, code_hash) VALUES ($1, $2)"
TAKE_OFF = "DELETE FROM app.second_factors WHERE subscriber_id = $1 RETURNING subscriber_id"

# --- e-mail address -----------------------------------------------------------------------------------

EMAIL = """
SELECT a.email, c.email AS wanted FROM directory.subscribers s
LEFT JOIN app.accounts a ON a.subscriber_id = s.subscriber_id
LEFT JOIN app.email_changes c ON c.subscriber_id = s.subscriber_id AND c.expires_at > now()
WHERE s.subscriber_id = $1"""
SET_EMAIL = """
INSERT INTO app.accounts AS known (subscriber_id, email) VALUES ($1, $2)
ON CONFLICT (subscriber_id) DO UPDATE SET email = excluded.email, changed_at = now()"""
WANT_EMAIL = """
INSERT INTO app.email_changes (subscriber_id, email, expires_at)
VALUES ($1, $2, now() + make_interval(secs => $3))
ON CONFLICT (subscriber_id) DO UPDATE
SET email = excluded.email, code_hash = NULL, expires_at = excluded.expires_at"""
WANTED_EMAIL = f"""
SELECT {COLUMNS}, c.email FROM app.email_changes c
JOIN directory.subscribers s ON s.subscriber_id = c.subscriber_id
WHERE c.subscriber_id = $1 AND c.expires_at > now()"""  # noqa: S608
SET_EMAIL_CODE = "UPDATE app.email_changes SET code_hash = $3 WHERE subscriber_id = $1 AND email = $2"
TAKE_EMAIL_CODE = """
DELETE FROM app.email_changes WHERE subscriber_id = $1 AND code_hash = $2 AND expires_at > now()
RETURNING email"""
FORGET_WANTED_EMAIL = "DELETE FROM app.email_changes WHERE subscriber_id = $1"
ROLE = "SELECT role FROM app.accounts WHERE subscriber_id = $1"

# --- password reset -----------------------------------------------------------------------------------

RESET_FOR = f"""
SELECT {COLUMNS}, a.email FROM directory.subscribers s
JOIN app.accounts a ON a.subscriber_id = s.subscriber_id
WHERE s.domain = $1 AND s.user_name = $2 AND s.enabled AND a.email IS NOT NULL"""  # noqa: S608
GIVE_RESET = """
INSERT INTO app.password_resets (token_hash, subscriber_id, expires_at)
VALUES ($1, $2, now() + make_interval(secs => $3))"""
FORGET_OLD_RESETS = "DELETE FROM app.password_resets WHERE subscriber_id = $1 AND expires_at < now()"
RESET_OF = f"""
SELECT {COLUMNS} FROM app.password_resets r
JOIN directory.subscribers s ON s.subscriber_id = r.subscriber_id
WHERE r.token_hash = $1 AND r.expires_at > now() AND s.enabled"""  # noqa: S608
USE_RESET = """
DELETE FROM app.password_resets WHERE token_hash = $1 AND expires_at > now() RETURNING subscriber_id"""
FORGET_RESETS = "DELETE FROM app.password_resets WHERE subscriber_id = $1"
ACCOUNT = f"""
SELECT {COLUMNS}, a.email FROM directory.subscribers s
LEFT JOIN app.accounts a ON a.subscriber_id = s.subscriber_id WHERE s.subscriber_id = $1"""  # noqa: S608
