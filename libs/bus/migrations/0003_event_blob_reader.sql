-- A tenant's caller reads the values of large events as <schema>_reader, too.
ALTER TABLE event_blob ENABLE ROW LEVEL SECURITY;
DO $$
DECLARE reader text := current_schema() || '_reader';
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = reader) THEN
    EXECUTE format('GRANT SELECT (id, value, tenant_id) ON event_blob TO %I', reader);
    EXECUTE format(
      'CREATE POLICY event_blob_of_tenant ON event_blob FOR SELECT TO %I USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)',
      reader);
  END IF;
END $$;
