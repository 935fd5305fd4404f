-- Mapped metadata fields that an ACD's API did not know (CAP-04): left out of the questions and shown, asked for again
-- after a day. `field` is the mapping without its prefix, as both prefixes read the same task.
CREATE TABLE not_offered_field (
  acd_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  field text NOT NULL,
  reason text NOT NULL,
  first_refused_at_ms bigint NOT NULL,
  last_refused_at_ms bigint NOT NULL,
  PRIMARY KEY (acd_id, field)
);

DO $$
DECLARE
  reader text := current_schema() || '_reader';
BEGIN
  ALTER TABLE not_offered_field ENABLE ROW LEVEL SECURITY;
  EXECUTE format('CREATE POLICY of_tenant ON not_offered_field FOR SELECT TO %I
                  USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', reader);
  EXECUTE format('GRANT SELECT ON not_offered_field TO %I', reader);
END $$;
