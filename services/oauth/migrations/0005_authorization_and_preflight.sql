-- A sign-in that is under way when this is applied must be begun anew; none lives longer than 15 minutes.
DROP TABLE authorization_request;

-- A request to authorize an ACD. Its address is a ticket; what it is made of is sealed, so that it can be shown again.
CREATE TABLE authorization_request (
  request_id      uuid PRIMARY KEY,
  tenant_id       uuid NOT NULL,
  acd_id          uuid NOT NULL REFERENCES acd,
  -- The subject of the caller who began it: an answer by hand must come from the same one (AUTH-02).
  requested_by    text NOT NULL,
  ticket_hash     text NOT NULL UNIQUE,
  -- The PKCE verifier, the ticket, and the state of the address at Webex itself.
  sealed_secrets  text NOT NULL,
  created_at_ms   bigint NOT NULL,
  expires_at_ms   bigint NOT NULL,
  used_at_ms      bigint,
  -- Of the code that it was used with: the same code again is told from a wrong one.
  code_hash       text,
  CONSTRAINT authorization_request_acd_of_tenant FOREIGN KEY (tenant_id, acd_id) REFERENCES acd (tenant_id, acd_id)
);
CREATE INDEX authorization_request_expiry ON authorization_request (expires_at_ms);
CREATE INDEX authorization_request_of_acd ON authorization_request (acd_id, requested_by, expires_at_ms);
CREATE INDEX authorization_request_code ON authorization_request (code_hash) WHERE code_hash IS NOT NULL;

-- Each time its address is opened a state is made, which the browser that opened it must bring back (AUTH-01).
CREATE TABLE authorization_opening (
  state_hash      text PRIMARY KEY,
  request_id      uuid NOT NULL REFERENCES authorization_request ON DELETE CASCADE,
  -- Of the browser's cookie; null: not by a browser of ours, so that the answer is handed in by hand.
  browser_hash    text,
  opened_at_ms    bigint NOT NULL
);
CREATE INDEX authorization_opening_of_request ON authorization_opening (request_id, opened_at_ms);

-- The last preflight of an ACD (ACD-07), whole.
CREATE TABLE preflight_result (
  acd_id    uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  ran_at_ms bigint NOT NULL,
  ran_by    text NOT NULL,
  results   jsonb NOT NULL,
  CONSTRAINT preflight_result_acd_of_tenant FOREIGN KEY (tenant_id, acd_id) REFERENCES acd (tenant_id, acd_id)
);

-- What an operator confirmed that cannot be checked. It is about one account of one organization: another account, and
-- it must be confirmed again.
CREATE TABLE preflight_confirmation (
  acd_id          uuid NOT NULL,
  check_id        text NOT NULL,
  tenant_id       uuid NOT NULL,
  about           text NOT NULL,
  note            text NOT NULL,
  confirmed_by    text NOT NULL,
  confirmed_at_ms bigint NOT NULL,
  PRIMARY KEY (acd_id, check_id),
  CONSTRAINT preflight_confirmation_acd_of_tenant FOREIGN KEY (tenant_id, acd_id) REFERENCES acd (tenant_id, acd_id)
);

DO $$
DECLARE
  reader text := current_schema() || '_reader';
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['authorization_request', 'preflight_result', 'preflight_confirmation'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY %I ON %I FOR SELECT TO %I USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)',
      name || '_of_tenant', name, reader);
  END LOOP;
  EXECUTE format('GRANT SELECT (request_id, tenant_id, acd_id, requested_by, created_at_ms, expires_at_ms, used_at_ms) ON authorization_request TO %I', reader);
  EXECUTE format('GRANT SELECT ON preflight_result, preflight_confirmation TO %I', reader);
END $$;
