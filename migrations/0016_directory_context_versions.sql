-- How often what decisions read of a tenant's users has changed: a context read at one version holds while it stands
-- depends: 0009_directory_administration
-- Written by triggers alone, in the transaction of the change itself, so that nobody sees the change with the version of
-- before. Constraint triggers wait for the commit: the row of a tenant is the last that a transaction locks, and no two
-- can wait for each other's.

-- migrate: apply

CREATE TABLE directory.context_versions (
    tenant_id text PRIMARY KEY,
    version   bigint NOT NULL
);
INSERT INTO directory.context_versions SELECT tenant_id, 1 FROM directory.tenants;

-- Once in a transaction for each tenant is enough; the setting is forgotten with the transaction, or rolled back with a
-- part of it.
CREATE FUNCTION directory.count_change(tenant text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog AS $body$
DECLARE
    counted text := tenant || ' ' || pg_current_xact_id();
BEGIN
    IF current_setting('hipper.counted', true) IS DISTINCT FROM counted THEN
        INSERT INTO directory.context_versions AS known VALUES (tenant, 1)
        ON CONFLICT (tenant_id) DO UPDATE SET version = known.version + 1;
        PERFORM set_config('hipper.counted', counted, true);
    END IF;
END
$body$;

CREATE FUNCTION directory.context_changed() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM directory.count_change(OLD.tenant_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM directory.count_change(NEW.tenant_id);
    END IF;
    RETURN NULL;
END
$body$;

CREATE FUNCTION directory.contexts_emptied() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog AS $body$
BEGIN
    UPDATE directory.context_versions SET version = version + 1;
    RETURN NULL;
END
$body$;

DO $body$
DECLARE
    read text;
BEGIN
    FOREACH read IN ARRAY ARRAY['tenants', 'groups', 'subscribers', 'numbers', 'devices', 'subscriber_services',
                                'group_services'] LOOP
        EXECUTE format(
            'CREATE CONSTRAINT TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON directory.%I
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION directory.context_changed()',
            read || '_context', read);
        EXECUTE format(
            'CREATE TRIGGER %I AFTER TRUNCATE ON directory.%I EXECUTE FUNCTION directory.contexts_emptied()',
            read || '_emptied', read);
    END LOOP;
END
$body$;

-- migrate: rollback

DO $body$
DECLARE
    read text;
BEGIN
    FOREACH read IN ARRAY ARRAY['tenants', 'groups', 'subscribers', 'numbers', 'devices', 'subscriber_services',
                                'group_services'] LOOP
        EXECUTE format('DROP TRIGGER %I ON directory.%I', read || '_context', read);
        EXECUTE format('DROP TRIGGER %I ON directory.%I', read || '_emptied', read);
    END LOOP;
END
$body$;
DROP FUNCTION directory.context_changed, directory.contexts_emptied, directory.count_change;
DROP TABLE directory.context_versions;
