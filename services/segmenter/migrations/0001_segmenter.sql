-- Facts as they arrived, and the contacts that follow from them. The row of `task` is the lock of all that belongs to it.

CREATE TABLE task (
  tenant_id uuid NOT NULL,
  acd_id uuid NOT NULL,
  task_id text NOT NULL,
  -- 0 and no facts: only recordings of it have arrived so far
  revision integer NOT NULL,
  facts jsonb,
  first_seen_at_ms bigint NOT NULL,
  PRIMARY KEY (tenant_id, acd_id, task_id),
  CHECK ((revision = 0) = (facts IS NULL))
) WITH (fillfactor = 85);
CREATE INDEX task_awaited ON task (first_seen_at_ms) WHERE revision = 0;

CREATE TABLE recording (
  tenant_id uuid NOT NULL,
  acd_id uuid NOT NULL,
  task_id text NOT NULL,
  recording_id uuid NOT NULL,
  generation integer NOT NULL CHECK (generation > 0),
  facts jsonb NOT NULL,
  PRIMARY KEY (tenant_id, acd_id, task_id, recording_id, generation)
);

CREATE TABLE contact (
  tenant_id uuid NOT NULL,
  acd_id uuid NOT NULL,
  contact_id uuid NOT NULL,
  task_id text NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  superseded boolean NOT NULL,
  -- the activity that opened the leg, by which a later revision finds its contact again
  opened_by text NOT NULL,
  contact_type text NOT NULL,
  started_at_ms bigint NOT NULL,
  ended_at_ms bigint NOT NULL,
  agent_id text NOT NULL,
  agent_name text,
  team_id text,
  queue_id text,
  calling_number text,
  called_number text,
  audio_state text NOT NULL,
  body jsonb NOT NULL,
  -- the id comes first: a signed link names nothing else
  PRIMARY KEY (contact_id, tenant_id, acd_id)
) WITH (fillfactor = 85);
CREATE INDEX contact_by_time ON contact (tenant_id, started_at_ms DESC, contact_id DESC);
CREATE INDEX contact_by_task ON contact (tenant_id, acd_id, task_id);
CREATE INDEX contact_by_agent ON contact (tenant_id, agent_id, started_at_ms DESC, contact_id DESC);

-- HTTP reads run as <schema>_reader and see the rows of one tenant only.
DO $$
DECLARE
  reader text := current_schema() || '_reader';
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['task', 'recording', 'contact'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('GRANT SELECT ON %I TO %I', name, reader);
    EXECUTE format(
      'CREATE POLICY %I ON %I FOR SELECT TO %I USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)',
      name || '_of_tenant', name, reader);
  END LOOP;
END $$;
