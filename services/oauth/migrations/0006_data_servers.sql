-- Data servers: named worker groups of a tenant (ACD-04). `default` has a row only once it was changed. `enabled` is a
-- boolean per role.
CREATE TABLE data_server (
  data_server_id uuid PRIMARY KEY,
  tenant_id      uuid NOT NULL,
  name           text NOT NULL,
  description    text NOT NULL,
  enabled        jsonb NOT NULL,
  revision       integer NOT NULL,
  created_at_ms  bigint NOT NULL,
  changed_at_ms  bigint NOT NULL,
  CONSTRAINT data_server_of_tenant UNIQUE (tenant_id, data_server_id)
);
CREATE UNIQUE INDEX data_server_name ON data_server (tenant_id, lower(name));

-- At most one data server per ACD and role; the default one serves what has no row.
CREATE TABLE data_server_assignment (
  acd_id         uuid NOT NULL,
  role           text NOT NULL CHECK (role IN ('sync', 'capture', 'realTimeEvents', 'mediaImport')),
  tenant_id      uuid NOT NULL,
  data_server_id uuid NOT NULL,
  PRIMARY KEY (acd_id, role),
  CONSTRAINT data_server_assignment_acd_of_tenant
    FOREIGN KEY (tenant_id, acd_id) REFERENCES acd (tenant_id, acd_id) ON DELETE CASCADE,
  CONSTRAINT data_server_assignment_server_of_tenant
    FOREIGN KEY (tenant_id, data_server_id) REFERENCES data_server (tenant_id, data_server_id) ON DELETE CASCADE
);
CREATE INDEX data_server_assignment_server ON data_server_assignment (data_server_id);

-- What follows from switches and assignments, as the ACD's events tell it; null: the role is switched off.
ALTER TABLE acd ADD COLUMN data_servers jsonb NOT NULL DEFAULT
  '{"sync": "default", "capture": "default", "realTimeEvents": "default", "mediaImport": "default"}';

DO $$
DECLARE
  reader text := current_schema() || '_reader';
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['data_server', 'data_server_assignment'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY %I ON %I FOR SELECT TO %I USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)',
      name || '_of_tenant', name, reader);
  END LOOP;
  EXECUTE format('GRANT SELECT ON data_server, data_server_assignment TO %I', reader);
END $$;
