-- The calls of each user as that user sees them: one row per user and call, over all devices
-- depends: 0006_gateway_trace_compression 0008_directory_contacts
-- Written by a trigger with the record, so that no call is missing; what is seen or taken away by the user is set by
-- fmc_gateway.records only. It goes with its record.

-- migrate: apply

-- "number", "extension", "name": the other party as this user was shown it; nothing when "withheld". "own": the number of
-- this user that was called, or shown.
CREATE TABLE gateway.history (
    call_id    text NOT NULL REFERENCES gateway.calls ON DELETE CASCADE,
    subscriber text NOT NULL,
    started    timestamptz NOT NULL,
    direction  text NOT NULL CHECK (direction IN ('outgoing', 'incoming')),
    result     text NOT NULL CHECK (result IN ('answered', 'missed', 'declined', 'diverted', 'rejected', 'no_answer',
                                               'busy', 'failed')),
    withheld   boolean NOT NULL,
    number     text,
    extension  text,
    name       text,
    own        text,
    seen_at    timestamptz,
    deleted_at timestamptz,
    PRIMARY KEY (call_id, subscriber),
    CHECK (NOT withheld OR (number IS NULL AND extension IS NULL AND name IS NULL))
);
CREATE INDEX history_subscriber ON gateway.history (subscriber, started, call_id);
CREATE INDEX history_missed ON gateway.history (subscriber, started, call_id)
    WHERE deleted_at IS NULL AND result = 'missed';
CREATE INDEX history_unseen ON gateway.history (subscriber, started, call_id)
    WHERE deleted_at IS NULL AND result = 'missed' AND seen_at IS NULL;
CREATE INDEX history_number ON gateway.history (subscriber, number, started)
    WHERE deleted_at IS NULL AND number IS NOT NULL;
CREATE INDEX history_extension ON gateway.history (subscriber, extension, started)
    WHERE deleted_at IS NULL AND extension IS NOT NULL;

-- Everybody who took part, by whatever there is of them; codes and listening to the voicemail box are no calls.
CREATE FUNCTION gateway.history_of(asked text[]) RETURNS SETOF gateway.history LANGUAGE sql STABLE AS $body$
WITH party AS (
    SELECT call_id, subscriber FROM gateway.legs WHERE call_id = ANY (asked) AND subscriber IS NOT NULL
    UNION SELECT call_id, subscriber FROM gateway.device_attempts WHERE call_id = ANY (asked)
    UNION SELECT call_id, subscriber FROM gateway.diversions WHERE call_id = ANY (asked)
),
seen AS (
    SELECT party.call_id, party.subscriber, c.started, c.rule, c.outcome, c.answered, c.dialled,
           (calling.leg).subscriber IS NOT DISTINCT FROM party.subscriber AS called_out, calling.leg AS caller,
           (SELECT l FROM gateway.legs l WHERE l.call_id = party.call_id AND l.role = 'called'
            AND l.diverted_by IS NULL ORDER BY l.position LIMIT 1) AS first,
           (SELECT l FROM gateway.legs l WHERE l.call_id = party.call_id AND l.role = 'called'
            AND l.subscriber = party.subscriber ORDER BY l.position LIMIT 1) AS mine,
           ARRAY(SELECT a.outcome FROM gateway.device_attempts a
                 WHERE a.call_id = party.call_id AND a.subscriber = party.subscriber) AS outcomes,
           EXISTS (SELECT FROM gateway.diversions d WHERE d.call_id = party.call_id
                   AND d.subscriber = party.subscriber AND d.destination <> 'voicemail') AS sent_on
    FROM party JOIN gateway.calls c USING (call_id)
    JOIN LATERAL (SELECT l AS leg FROM gateway.legs l WHERE l.call_id = party.call_id AND l.role = 'calling'
                  ORDER BY l.position LIMIT 1) calling ON true
    WHERE c.outcome <> 'service'
),
other AS (
    SELECT seen.*, CASE WHEN called_out THEN first ELSE caller END AS who FROM seen
)
SELECT call_id, subscriber, started,
       CASE WHEN called_out THEN 'outgoing' ELSE 'incoming' END,
       CASE WHEN called_out THEN
           CASE WHEN answered IS NOT NULL THEN 'answered' WHEN outcome IN ('cancelled', 'no_answer') THEN 'no_answer'
                WHEN outcome IN ('busy', 'declined') THEN outcome ELSE 'failed' END
       WHEN 'answered' = ANY (outcomes) THEN 'answered'
       WHEN sent_on AND answered IS NOT NULL THEN 'diverted'
       WHEN 'declined' = ANY (outcomes) THEN 'declined'
       WHEN rule LIKE 'reject.%' THEN 'rejected'
       ELSE 'missed' END,
       coalesce((who).presentation = 'restricted', false),
       CASE WHEN (who).presentation = 'restricted' THEN NULL
            WHEN (who).call_id IS NOT NULL THEN (who).number
            WHEN dialled ~ '^\+[1-9][0-9]{6,14}$' THEN dialled END,
       CASE WHEN (who).presentation = 'restricted' THEN NULL
            WHEN (who).call_id IS NOT NULL THEN (who).extension
            WHEN dialled ~ '^[1-9][0-9]{1,5}$' THEN dialled END,
       CASE WHEN (who).presentation = 'allowed' THEN (who).name END,
       CASE WHEN called_out THEN (caller).number
            ELSE coalesce((mine).number, (mine).extension, dialled) END,
       NULL::timestamptz, NULL::timestamptz
FROM other
$body$;

CREATE FUNCTION gateway.write_history() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    INSERT INTO gateway.history
    SELECT * FROM gateway.history_of(ARRAY(SELECT call_id FROM written)) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$body$;
CREATE TRIGGER calls_history AFTER INSERT ON gateway.calls REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION gateway.write_history();

INSERT INTO gateway.history SELECT * FROM gateway.history_of(ARRAY(SELECT call_id FROM gateway.calls));

-- migrate: rollback

DROP TRIGGER calls_history ON gateway.calls;
DROP FUNCTION gateway.write_history, gateway.history_of;
DROP TABLE gateway.history;
