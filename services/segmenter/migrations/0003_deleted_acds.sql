-- ACDs that are deleted, for ever. Where the organization was connected anew, the new ACD gives the same contact ids.
CREATE TABLE deleted_acd (
  acd_id    uuid PRIMARY KEY,
  tenant_id uuid NOT NULL
);
ALTER TABLE deleted_acd ENABLE ROW LEVEL SECURITY;
DO $$
DECLARE
  reader text := current_schema() || '_reader';
BEGIN
  EXECUTE format('GRANT SELECT ON deleted_acd TO %I', reader);
  EXECUTE format('CREATE POLICY of_tenant ON deleted_acd FOR SELECT TO %I
                  USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', reader);
END $$;
