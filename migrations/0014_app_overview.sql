-- The tiles each user chose for the overview (seed 4.7.2)
-- depends: 0007_app_accounts 0010_gateway_decisions 0012_gateway_history
-- How the app looks, read by no decision; what a tile shows is asked of its owner.

-- migrate: apply

-- A user without a row has the tiles of the service pack.
CREATE TABLE app.overviews (
    subscriber_id text PRIMARY KEY REFERENCES directory.subscribers ON DELETE CASCADE,
    tiles         text[] NOT NULL CHECK (cardinality(tiles) <= 60),
    version       bigint NOT NULL DEFAULT 1,
    changed_at    timestamptz NOT NULL DEFAULT now()
);

-- Explain says whether a call was business or private as the user's list of calls does.
GRANT SELECT ON gateway.history TO hipper_app;

-- migrate: rollback

REVOKE SELECT ON gateway.history FROM hipper_app;
DROP TABLE app.overviews;
