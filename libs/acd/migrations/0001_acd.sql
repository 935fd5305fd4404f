-- The service's own copy of every ACD's configuration, out of the compacted topic `acd-changed` (ACD-05).
CREATE TABLE acd (
  acd_id        uuid PRIMARY KEY,
  tenant_id     uuid NOT NULL,
  revision      integer NOT NULL,
  -- True for ever once it was.
  deleted       boolean NOT NULL,
  -- Whether work may be done for it: authorized and not deleted.
  active        boolean NOT NULL,
  configuration jsonb NOT NULL
);

-- The service's own sealed copy of an access token: it works on while oauth and Redis are away (rule 10).
CREATE TABLE access_token (
  acd_id        uuid PRIMARY KEY,
  version       integer NOT NULL,
  sealed        text NOT NULL,
  expires_at_ms bigint NOT NULL
);

-- One Webex subscription per ACD. The secret is written (sealed) before the subscription is asked for, so that no
-- webhook comes without its secret.
CREATE TABLE webhook_subscription (
  acd_id                uuid PRIMARY KEY,
  tenant_id             uuid NOT NULL,
  webex_subscription_id text,
  destination_url       text NOT NULL,
  secret_sealed         text NOT NULL,
  state                 text NOT NULL CHECK (state IN ('creating', 'active')),
  checked_at_ms         bigint NOT NULL DEFAULT 0,
  last_event_at_ms      bigint,
  last_error            text
);

-- HTTP reads go through the reader's role of this schema, which sees one tenant at a time; never tokens nor secrets.
DO $$
DECLARE
  reader text := current_schema() || '_reader';
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['acd', 'webhook_subscription'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY of_tenant ON %I FOR SELECT TO %I
                    USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', name, reader);
  END LOOP;
  EXECUTE format('GRANT SELECT ON acd TO %I', reader);
  EXECUTE format('GRANT SELECT (acd_id, tenant_id, destination_url, state, checked_at_ms, last_event_at_ms, last_error)
                  ON webhook_subscription TO %I', reader);
END $$;
