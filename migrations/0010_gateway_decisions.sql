-- What each user's settings decided about a call, for explain
-- depends: 0005_gateway_segments
-- Written by fmc_gateway.records only: a list of DecisionRecord (hipper.contracts.calls), names of rules and no numbers.

-- migrate: apply

ALTER TABLE gateway.calls ADD COLUMN decisions jsonb NOT NULL DEFAULT '[]';

-- The API shows users their own calls. Traces stay with the operator.
GRANT USAGE ON SCHEMA gateway TO hipper_app;
GRANT SELECT ON gateway.calls, gateway.legs, gateway.device_attempts, gateway.segments, gateway.diversions TO hipper_app;

-- migrate: rollback

REVOKE SELECT ON gateway.calls, gateway.legs, gateway.device_attempts, gateway.segments, gateway.diversions FROM hipper_app;
REVOKE USAGE ON SCHEMA gateway FROM hipper_app;
ALTER TABLE gateway.calls DROP COLUMN decisions;
