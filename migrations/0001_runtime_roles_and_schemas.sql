-- One schema and one role per owner; only the owner's library writes its schema
-- depends:

-- migrate: apply

DO $roles$
DECLARE
    owner text;
BEGIN
    -- roles belong to the whole server: another database may have made them already
    FOREACH owner IN ARRAY ARRAY['directory', 'gateway', 'voicemail', 'recorder', 'push', 'app'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', 'hipper_' || owner);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
        EXECUTE format('CREATE SCHEMA %I', owner);
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', owner, 'hipper_' || owner);
        EXECUTE format(
            'ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES TO %I',
            owner, 'hipper_' || owner
        );
        EXECUTE format(
            'ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT USAGE, SELECT ON SEQUENCES TO %I', owner, 'hipper_' || owner
        );
        -- whatever a decision reads is in "directory", and every service decides
        IF owner <> 'directory' THEN
            EXECUTE format('GRANT USAGE ON SCHEMA directory TO %I', 'hipper_' || owner);
            EXECUTE format(
                'ALTER DEFAULT PRIVILEGES IN SCHEMA directory GRANT SELECT ON TABLES TO %I', 'hipper_' || owner
            );
        END IF;
    END LOOP;
END
$roles$;

-- migrate: rollback

DROP SCHEMA app, push, recorder, voicemail, gateway, directory CASCADE;
