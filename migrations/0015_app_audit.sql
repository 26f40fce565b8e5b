-- Changes of accounts and their audit in one transaction
-- depends: 0002_directory_first_part 0011_app_second_factor
-- The row is written by hipper.directory.audit all the same; with one transaction of each role a server that went away
-- between the two commits left one without the other.

-- migrate: apply

GRANT INSERT ON directory.audit TO hipper_app;

-- migrate: rollback

REVOKE INSERT ON directory.audit FROM hipper_app;
