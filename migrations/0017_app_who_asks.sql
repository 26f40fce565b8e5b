-- The API remembers who asks; it is told when that changes, by whoever changes it
-- depends: 0015_app_audit
-- The channel says whose it is, or nothing: then everybody's. It reads app.sessions, app.accounts, app.api_keys and the
-- columns of hipper.directory.accounts. A session that is prolonged is known already, a new one to nobody.

-- migrate: apply

CREATE FUNCTION app.tell_who_asks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('hipper_who_asks', coalesce(to_jsonb(OLD) ->> 'subscriber_id', to_jsonb(NEW) ->> 'subscriber_id', ''));
    RETURN NULL;
END $$;

CREATE TRIGGER session_ended AFTER UPDATE ON app.sessions FOR EACH ROW
    WHEN (OLD.ended_at IS DISTINCT FROM NEW.ended_at OR NEW.expires_at < OLD.expires_at)
    EXECUTE FUNCTION app.tell_who_asks();
CREATE TRIGGER session_gone AFTER DELETE ON app.sessions FOR EACH ROW EXECUTE FUNCTION app.tell_who_asks();

CREATE TRIGGER role_given AFTER INSERT ON app.accounts FOR EACH ROW
    WHEN (NEW.role <> 'user') EXECUTE FUNCTION app.tell_who_asks();
CREATE TRIGGER role_changed AFTER UPDATE ON app.accounts FOR EACH ROW
    WHEN (OLD.role <> NEW.role) EXECUTE FUNCTION app.tell_who_asks();
CREATE TRIGGER role_gone AFTER DELETE ON app.accounts FOR EACH ROW
    WHEN (OLD.role <> 'user') EXECUTE FUNCTION app.tell_who_asks();

CREATE TRIGGER key_changed AFTER UPDATE OR DELETE ON app.api_keys FOR EACH ROW
    EXECUTE FUNCTION app.tell_who_asks();

CREATE TRIGGER user_changed AFTER UPDATE ON directory.subscribers FOR EACH ROW
    WHEN ((OLD.tenant_id, OLD.group_id, OLD.user_name, OLD.domain, OLD.display_name, OLD.language, OLD.enabled,
           OLD.pack, OLD.mobile_subscription, OLD.fixed_subscription)
        IS DISTINCT FROM
          (NEW.tenant_id, NEW.group_id, NEW.user_name, NEW.domain, NEW.display_name, NEW.language, NEW.enabled,
           NEW.pack, NEW.mobile_subscription, NEW.fixed_subscription))
    EXECUTE FUNCTION app.tell_who_asks();
CREATE TRIGGER numbering_changed AFTER UPDATE ON directory.groups FOR EACH ROW
    WHEN ((OLD.country, OLD.area_code) IS DISTINCT FROM (NEW.country, NEW.area_code))
    EXECUTE FUNCTION app.tell_who_asks();

-- migrate: rollback

DROP TRIGGER numbering_changed ON directory.groups;
DROP TRIGGER user_changed ON directory.subscribers;
DROP TRIGGER key_changed ON app.api_keys;
DROP TRIGGER role_gone ON app.accounts;
DROP TRIGGER role_changed ON app.accounts;
DROP TRIGGER role_given ON app.accounts;
DROP TRIGGER session_gone ON app.sessions;
DROP TRIGGER session_ended ON app.sessions;
DROP FUNCTION app.tell_who_asks();
