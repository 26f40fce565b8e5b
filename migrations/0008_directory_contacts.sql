-- Contacts of users, in the two lists that decisions read; people found by the words of their names
-- depends: 0004_directory_services
-- Written by hipper.directory only. docs/decisions/0014-contacts-are-the-lists.md says why it is cut this way.

-- migrate: apply

-- A name as lists are sorted by it and searched in it: small letters without accents.
CREATE FUNCTION directory.folded(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN left(translate(lower(name),
    'ÀÁÂÃÄÅàáâãäåĀāĂăĄąÇçĆćČčĎďÈÉÊËèéêëĒēĖėĘęĚěĞğÌÍÎÏìíîïĪīİıŁłÑñŃńŇňÒÓÔÕÖØòóôõöøŌōŐőŘřŚśŞşŠšȘșŢţŤťȚțÙÚÛÜùúûüŪūŮůŰűÝýÿŹźŻżŽž',
    'aaaaaaaaaaaaaaaaaaccccccddeeeeeeeeeeeeeeeeggiiiiiiiiiiiillnnnnnnoooooooooooooooorrssssssssttttttuuuuuuuuuuuuuuyyyzzzzzz'),
    60);

-- Its words, and whose list it stands in: "owner" begins with a sign that no word has.
CREATE FUNCTION directory.words(owner text, name text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_to_tsvector(array_append(
    array_remove(regexp_split_to_array(directory.folded(name), '[\s!-/:-@\[-`{-~]+'), ''), '@' || owner));

-- Everything in that list with a word that begins with each word of "asked".
CREATE FUNCTION directory.words_asked(owner text, asked text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT string_agg('''' || word || ''':*', ' & ')
        FROM unnest(regexp_split_to_array(directory.folded(asked), '[\s!-/:-@\[-`{-~]+')) AS word
        WHERE word <> '')::tsquery && ('''@' || replace(owner, '''', '') || '''')::tsquery;

ALTER TABLE directory.subscribers ADD COLUMN sort_name text NOT NULL
    GENERATED ALWAYS AS (directory.folded(display_name)) STORED;
ALTER TABLE directory.subscribers ADD COLUMN words tsvector NOT NULL
    GENERATED ALWAYS AS (directory.words(tenant_id, display_name)) STORED;
CREATE INDEX subscribers_name ON directory.subscribers (tenant_id, sort_name, subscriber_id);
CREATE INDEX subscribers_words ON directory.subscribers USING gin (words);
CREATE INDEX numbers_beginning ON directory.numbers (tenant_id, e164 text_pattern_ops);
CREATE INDEX numbers_end ON directory.numbers (tenant_id, reverse(e164) text_pattern_ops);
CREATE INDEX numbers_extension_beginning ON directory.numbers (tenant_id, extension text_pattern_ops);

CREATE TABLE directory.contacts (
    contact_id    text PRIMARY KEY DEFAULT 'c_' || replace(gen_random_uuid()::text, '-', ''),
    tenant_id     text NOT NULL,
    subscriber_id text NOT NULL,
    list          text NOT NULL CHECK (list IN ('business', 'private')),
    name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    sort_name     text NOT NULL GENERATED ALWAYS AS (directory.folded(name)) STORED,
    company       text NOT NULL DEFAULT '',
    words         tsvector NOT NULL GENERATED ALWAYS AS (directory.words(subscriber_id, name || ' ' || company)) STORED,
    emails        text[] NOT NULL DEFAULT '{}',
    note          text NOT NULL DEFAULT '',
    favourite     boolean NOT NULL DEFAULT false,
    version       bigint NOT NULL DEFAULT 1,
    changed_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (contact_id, list),
    FOREIGN KEY (tenant_id, subscriber_id) REFERENCES directory.subscribers (tenant_id, subscriber_id) ON DELETE CASCADE
);
CREATE INDEX contacts_name ON directory.contacts (subscriber_id, sort_name, contact_id);
CREATE INDEX contacts_words ON directory.contacts USING gin (words);

-- The numbers of the contacts, and (without contact) those a provisioning file puts into a list. "digits": what has no
-- E.164 form, as dialled.
ALTER TABLE directory.contact_numbers DROP CONSTRAINT contact_numbers_pkey;
ALTER TABLE directory.contact_numbers ALTER COLUMN e164 DROP NOT NULL;
ALTER TABLE directory.contact_numbers
    ADD COLUMN number_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ADD COLUMN contact_id text,
    ADD COLUMN position   smallint NOT NULL DEFAULT 0,
    ADD COLUMN label      text NOT NULL DEFAULT '',
    ADD COLUMN digits     text CHECK (digits ~ '^[0-9*#+]{1,32}$'),
    ADD CHECK ((e164 IS NULL) = (digits IS NOT NULL)),
    ADD CHECK (contact_id IS NOT NULL OR e164 IS NOT NULL),
    ADD FOREIGN KEY (contact_id, list) REFERENCES directory.contacts (contact_id, list)
        ON UPDATE CASCADE ON DELETE CASCADE;
CREATE INDEX contact_numbers_e164 ON directory.contact_numbers (subscriber_id, e164);
CREATE INDEX contact_numbers_contact ON directory.contact_numbers (contact_id, position);
CREATE UNIQUE INDEX contact_numbers_of_file ON directory.contact_numbers (subscriber_id, e164) WHERE contact_id IS NULL;

-- Which list somebody stands in; NULL: in none. What the user wrote goes before what a file says.
CREATE FUNCTION directory.list_of(subscriber text, number text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT list FROM directory.contact_numbers
        WHERE subscriber_id = $1 AND e164 = $2 ORDER BY contact_id IS NULL LIMIT 1);

-- All of them with their list, and the user's mobile number: for statements about many calls.
CREATE FUNCTION directory.listed(subscriber text) RETURNS TABLE (number text, list text)
LANGUAGE sql STABLE PARALLEL SAFE AS $body$
SELECT DISTINCT ON (n.e164) n.e164, n.list FROM directory.contact_numbers n
WHERE n.subscriber_id = $1 AND n.e164 IS NOT NULL ORDER BY n.e164, n.contact_id IS NULL
$body$;
CREATE FUNCTION directory.mobile_of(subscriber text) RETURNS TABLE (number text)
LANGUAGE sql STABLE PARALLEL SAFE AS $body$
SELECT n.e164 FROM directory.numbers n WHERE n.subscriber_id = $1 AND n.kind = 'mobile'
$body$;

-- Whether a call of "subscriber" with "number" was business or private (seed 4.7.1, 5.6): by the lists, else by which of
-- the own numbers it was made with or came to. hipper.pbx.screening.kind_of_caller decides the same.
CREATE FUNCTION directory.kind_of_call(subscriber text, number text, own text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(directory.list_of($1, $2),
    CASE WHEN EXISTS (SELECT FROM directory.mobile_of($1) m WHERE m.number = $3) THEN 'private' ELSE 'business' END);

-- A user who was erased leaves this behind, with nothing in it of who it was.
ALTER TABLE directory.subscribers ADD COLUMN erased_at timestamptz;

-- migrate: rollback

ALTER TABLE directory.subscribers DROP COLUMN erased_at;
DROP FUNCTION directory.kind_of_call, directory.mobile_of, directory.listed, directory.list_of;
DELETE FROM directory.contact_numbers WHERE contact_id IS NOT NULL;
DROP INDEX directory.contact_numbers_of_file, directory.contact_numbers_contact, directory.contact_numbers_e164;
ALTER TABLE directory.contact_numbers DROP COLUMN number_id, DROP COLUMN contact_id, DROP COLUMN position,
    DROP COLUMN label, DROP COLUMN digits;
ALTER TABLE directory.contact_numbers ALTER COLUMN e164 SET NOT NULL;
ALTER TABLE directory.contact_numbers ADD PRIMARY KEY (subscriber_id, e164);
DROP TABLE directory.contacts;
DROP INDEX directory.numbers_extension_beginning, directory.numbers_end, directory.numbers_beginning,
    directory.subscribers_words, directory.subscribers_name;
ALTER TABLE directory.subscribers DROP COLUMN words, DROP COLUMN sort_name;
DROP FUNCTION directory.words_asked, directory.words, directory.folded;
