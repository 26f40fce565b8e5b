-- Numbers in blocks, licences of service packs, mobile subscriptions with their numbers, bulk imports, audit before/after
-- depends: 0004_directory_services
-- Written by hipper.directory only. A number in a block is free while directory.numbers has no row of it.

-- migrate: apply

-- A block as it was ordered (seed 8). "reference": the order, of 088 blocks the allocation of the regulator.
CREATE TABLE directory.number_blocks (
    block_id     text PRIMARY KEY DEFAULT 'b_' || replace(gen_random_uuid()::text, '-', ''),
    tenant_id    text NOT NULL REFERENCES directory.tenants ON DELETE CASCADE,
    first_number bigint NOT NULL,
    size         integer NOT NULL CHECK (size IN (1, 10, 100, 1000, 10000)),
    reference    text NOT NULL DEFAULT '',
    split_from   text,
    created_at   timestamptz NOT NULL DEFAULT now(),
    numbers      int8range NOT NULL GENERATED ALWAYS AS (int8range(first_number, first_number + size)) STORED,
    CHECK (first_number % size = 0),
    CHECK (first_number BETWEEN 1000000 AND 999999999999999),
    CONSTRAINT number_blocks_held_once EXCLUDE USING gist (numbers WITH &&)
);
CREATE INDEX number_blocks_tenant ON directory.number_blocks (tenant_id, block_id);

-- 112 and 113 are nobody's number, however they are written.
ALTER TABLE directory.numbers ADD CONSTRAINT numbers_no_emergency CHECK (e164 !~ '^\+310*11[23]$');

-- One number is held once in the installation: neither a number in somebody else's block, nor a block around somebody
-- else's number. The lock lets the two wait for each other.
CREATE FUNCTION directory.number_is_theirs() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(1215459426);
    IF EXISTS (SELECT FROM directory.number_blocks b
               WHERE b.numbers @> substr(NEW.e164, 2)::bigint AND b.tenant_id <> NEW.tenant_id) THEN
        RAISE EXCEPTION 'number is in a block of another tenant'
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'numbers_held_once';
    END IF;
    RETURN NEW;
END
$body$;
CREATE TRIGGER numbers_held_once BEFORE INSERT OR UPDATE OF e164, tenant_id ON directory.numbers
    FOR EACH ROW WHEN (NEW.e164 IS NOT NULL) EXECUTE FUNCTION directory.number_is_theirs();

CREATE FUNCTION directory.block_is_theirs() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    PERFORM pg_advisory_xact_lock(1215459426);
    IF EXISTS (SELECT FROM directory.numbers n
               WHERE n.e164 BETWEEN '+' || NEW.first_number AND '+' || NEW.first_number + NEW.size - 1
               AND length(n.e164) = length('+' || NEW.first_number) AND n.tenant_id <> NEW.tenant_id) THEN
        RAISE EXCEPTION 'block has a number of another tenant'
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'number_blocks_held_once';
    END IF;
    RETURN NEW;
END
$body$;
CREATE TRIGGER number_blocks_held_once BEFORE INSERT OR UPDATE ON directory.number_blocks
    FOR EACH ROW EXECUTE FUNCTION directory.block_is_theirs();

-- How many users of a pack a group has ordered (seed 1.2, 2.1: licences are a group's). No row: as many as it likes.
CREATE TABLE directory.pack_licences (
    tenant_id text NOT NULL,
    group_id  text NOT NULL,
    pack      text NOT NULL CHECK (pack IN ('base_plus', 'business_plus', 'premium_plus', 'vast_mobiel_business_plus',
                                            'vast_mobiel_premium_plus')),
    licences  integer NOT NULL CHECK (licences >= 0),
    PRIMARY KEY (group_id, pack),
    FOREIGN KEY (tenant_id, group_id) REFERENCES directory.groups (tenant_id, group_id) ON DELETE CASCADE
);

-- The number of a mobile subscription and the network it is in (seed 1.4); NULL: only a name to charge to.
ALTER TABLE directory.subscriptions ADD COLUMN e164 text UNIQUE CHECK (e164 ~ '^\+[1-9][0-9]{6,14}$');
ALTER TABLE directory.subscriptions ADD COLUMN mobile_network text;
ALTER TABLE directory.subscriptions ADD CONSTRAINT subscriptions_number_check
    CHECK ((e164 IS NULL) = (mobile_network IS NULL) AND (e164 IS NULL OR kind = 'mobile'));
CREATE INDEX subscribers_mobile_subscription ON directory.subscribers (tenant_id, mobile_subscription);
CREATE INDEX subscribers_fixed_subscription ON directory.subscribers (tenant_id, fixed_subscription);

-- A file of users being imported: how far, and what was wrong on which line.
CREATE TABLE directory.imports (
    import_id  text PRIMARY KEY DEFAULT 'i_' || replace(gen_random_uuid()::text, '-', ''),
    tenant_id  text NOT NULL REFERENCES directory.tenants ON DELETE CASCADE,
    by         text NOT NULL,
    dry_run    boolean NOT NULL,
    state      text NOT NULL CHECK (state IN ('running', 'done')),
    total      integer NOT NULL,
    done       integer NOT NULL DEFAULT 0,
    changed    integer NOT NULL DEFAULT 0,
    faults     jsonb NOT NULL DEFAULT '[]',
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX imports_tenant ON directory.imports (tenant_id, created_at);

-- What it was and what it became, as JSON; NULL where a change is told by its line alone. tenant_id '': the installation.
ALTER TABLE directory.audit ADD COLUMN before jsonb;
ALTER TABLE directory.audit ADD COLUMN after jsonb;
CREATE INDEX audit_tenant ON directory.audit (tenant_id, audit_id);

-- migrate: rollback

DROP INDEX directory.audit_tenant;
ALTER TABLE directory.audit DROP COLUMN before, DROP COLUMN after;
DROP TABLE directory.imports, directory.pack_licences;
DROP INDEX directory.subscribers_fixed_subscription, directory.subscribers_mobile_subscription;
ALTER TABLE directory.subscriptions DROP COLUMN e164, DROP COLUMN mobile_network;
DROP TRIGGER numbers_held_once ON directory.numbers;
ALTER TABLE directory.numbers DROP CONSTRAINT numbers_no_emergency;
DROP TABLE directory.number_blocks;
DROP FUNCTION directory.number_is_theirs, directory.block_is_theirs;
