-- Clients of the OAuth provider; the request budget belongs to the client, not to the ACD (CAP-08).
CREATE TABLE oauth_client (
  client_ref      uuid PRIMARY KEY,
  tenant_id       uuid NOT NULL,
  name            text NOT NULL,
  webex_client_id text NOT NULL,
  sealed_secret   text NOT NULL,
  quota_key       text NOT NULL,
  created_at_ms   bigint NOT NULL,
  UNIQUE (tenant_id, name)
);

CREATE TABLE acd (
  acd_id          uuid PRIMARY KEY,
  tenant_id       uuid NOT NULL,
  client_ref      uuid NOT NULL REFERENCES oauth_client,
  revision        integer NOT NULL,
  name            text NOT NULL,
  webex_org_id    text NOT NULL,
  username        text NOT NULL,
  api_url         text NOT NULL,
  configuration   jsonb NOT NULL,
  authorization_state text NOT NULL,
  deleted         boolean NOT NULL DEFAULT false,
  created_at_ms   bigint NOT NULL,
  changed_at_ms   bigint NOT NULL
);
CREATE UNIQUE INDEX acd_name ON acd (tenant_id, lower(name)) WHERE NOT deleted;
-- A tenant connects an organization once (ACD-01).
CREATE UNIQUE INDEX acd_organization ON acd (tenant_id, webex_org_id) WHERE NOT deleted;

-- A request to authorize; only the hash of its state is kept, it is used once and expires.
CREATE TABLE authorization_request (
  state_hash      text PRIMARY KEY,
  tenant_id       uuid NOT NULL,
  acd_id          uuid NOT NULL REFERENCES acd,
  sealed_verifier text NOT NULL,
  requested_by    text NOT NULL,
  created_at_ms   bigint NOT NULL,
  expires_at_ms   bigint NOT NULL,
  used_at_ms      bigint
);
CREATE INDEX authorization_request_expiry ON authorization_request (expires_at_ms);

-- The tokens of an ACD. The previous refresh token stays until the new one has worked (rule 10).
CREATE TABLE token (
  acd_id                   uuid PRIMARY KEY REFERENCES acd,
  tenant_id                uuid NOT NULL,
  version                  integer NOT NULL,
  sealed_access            text NOT NULL,
  sealed_refresh           text NOT NULL,
  sealed_previous_refresh  text,
  issued_at_ms             bigint NOT NULL,
  access_expires_at_ms     bigint NOT NULL,
  refresh_expires_at_ms    bigint NOT NULL,
  next_refresh_at_ms       bigint NOT NULL,
  -- The intent is written before the provider is called; while it lasts nobody else may call (AUTH-03).
  intent_id                uuid,
  intent_until_ms          bigint,
  failures                 integer NOT NULL DEFAULT 0,
  first_refused_at_ms      bigint,
  last_failure             text
);
CREATE INDEX token_due ON token (next_refresh_at_ms);

-- HTTP reads run as <schema>_reader and see the rows of one tenant only; no sealed secret is granted.
DO $$
DECLARE
  reader text := current_schema() || '_reader';
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['oauth_client', 'acd', 'token'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY %I ON %I FOR SELECT TO %I USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)',
      name || '_of_tenant', name, reader);
  END LOOP;
  EXECUTE format('GRANT SELECT (client_ref, tenant_id, name, webex_client_id, quota_key, created_at_ms) ON oauth_client TO %I', reader);
  EXECUTE format('GRANT SELECT ON acd TO %I', reader);
  EXECUTE format('GRANT SELECT (acd_id, tenant_id, version, issued_at_ms, access_expires_at_ms, refresh_expires_at_ms, next_refresh_at_ms, failures, last_failure) ON token TO %I', reader);
END $$;
