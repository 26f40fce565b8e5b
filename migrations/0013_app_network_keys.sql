-- Keys of mobile networks beside those of operators and services; who used what of a payer, by the gateway's records
-- depends: 0005_gateway_segments 0007_app_accounts

-- migrate: apply

ALTER TABLE app.api_keys ADD COLUMN network text;
ALTER TABLE app.api_keys DROP CONSTRAINT api_keys_role_check;
ALTER TABLE app.api_keys ADD CONSTRAINT api_keys_role_check
    CHECK (role IN ('operator', 'service', 'network') AND (role = 'network') = (network IS NOT NULL));

CREATE INDEX api_keys_network ON app.api_keys (network) WHERE network IS NOT NULL;

-- Usage of one employee (seed 2.3) is asked by what it is charged to.
CREATE INDEX segments_payer ON gateway.segments (payer_subscription, started) WHERE payer_subscription IS NOT NULL;

-- migrate: rollback

DROP INDEX gateway.segments_payer;
DELETE FROM app.api_keys WHERE role = 'network';
ALTER TABLE app.api_keys DROP CONSTRAINT api_keys_role_check;
ALTER TABLE app.api_keys ADD CONSTRAINT api_keys_role_check CHECK (role IN ('operator', 'service'));
ALTER TABLE app.api_keys DROP COLUMN network;  -- and its index
