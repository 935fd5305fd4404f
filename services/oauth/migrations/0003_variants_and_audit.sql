-- The four connection variants (ACD-02). What exists was connected by the programmatic APIs.
ALTER TABLE acd ADD COLUMN variant text NOT NULL DEFAULT '2.0'
  CHECK (variant IN ('1.0-cmsv1', '1.0-to-2.0-cmsv2', '2.0-cmsv1', '2.0'));
ALTER TABLE acd ALTER COLUMN variant DROP DEFAULT;
ALTER TABLE acd ADD COLUMN media_api_url text;
ALTER TABLE acd ALTER COLUMN client_ref DROP NOT NULL;
-- A field of another variant stays out, whatever code writes it. The client of a deleted ACD may be deleted too.
ALTER TABLE acd ADD CONSTRAINT acd_fields_of_variant CHECK (
  CASE WHEN variant = '2.0' THEN (client_ref IS NOT NULL OR deleted) AND media_api_url IS NULL
       ELSE client_ref IS NULL AND media_api_url IS NOT NULL END);

-- Versions of tokens only grow, also over tokens that were dropped; what lies in the hand-over store is taken back.
ALTER TABLE acd ADD COLUMN dropped_token_version integer NOT NULL DEFAULT 0;
ALTER TABLE acd ADD COLUMN handover_withdrawn_at_ms bigint;
CREATE INDEX acd_handover_withdrawn ON acd (acd_id) WHERE handover_withdrawn_at_ms IS NOT NULL;

-- The API key of a 1.0 form, sealed; apart from `acd` so that no read of an ACD comes near it.
CREATE TABLE acd_api_key (
  acd_id        uuid PRIMARY KEY,
  tenant_id     uuid NOT NULL,
  version       integer NOT NULL,
  sealed_key    text NOT NULL,
  changed_at_ms bigint NOT NULL,
  CONSTRAINT acd_api_key_acd_of_tenant FOREIGN KEY (tenant_id, acd_id) REFERENCES acd (tenant_id, acd_id)
);

ALTER TABLE oauth_client ADD COLUMN revision integer NOT NULL DEFAULT 1;
ALTER TABLE oauth_client ADD COLUMN changed_at_ms bigint;
UPDATE oauth_client SET changed_at_ms = created_at_ms;
ALTER TABLE oauth_client ALTER COLUMN changed_at_ms SET NOT NULL;

-- Who changed what and when (ACD-06). No foreign keys: it outlasts what it tells about.
CREATE TABLE audit_entry (
  audit_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id      uuid NOT NULL,
  acd_id         uuid,
  client_ref     uuid,
  subject        text NOT NULL,
  action         text NOT NULL,
  changes        jsonb NOT NULL,
  occurred_at_ms bigint NOT NULL
);
CREATE INDEX audit_entry_of_tenant ON audit_entry (tenant_id, audit_id);
CREATE INDEX audit_entry_of_acd ON audit_entry (acd_id, audit_id) WHERE acd_id IS NOT NULL;

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The audit trail is append-only; % is refused (ACD-06).', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
REVOKE UPDATE, DELETE, TRUNCATE ON audit_entry FROM CURRENT_USER;

DO $$
DECLARE
  reader text := current_schema() || '_reader';
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['acd_api_key', 'audit_entry'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY %I ON %I FOR SELECT TO %I USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)',
      name || '_of_tenant', name, reader);
  END LOOP;
  EXECUTE format('GRANT SELECT (acd_id, tenant_id, version, changed_at_ms) ON acd_api_key TO %I', reader);
  EXECUTE format('GRANT SELECT ON audit_entry TO %I', reader);
  EXECUTE format('GRANT SELECT (revision, changed_at_ms) ON oauth_client TO %I', reader);
END $$;
