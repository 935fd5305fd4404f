-- Leases are by the clock of the database, so that replicas whose clocks differ agree on them.
CREATE FUNCTION now_ms() RETURNS bigint LANGUAGE sql VOLATILE
  AS $$ SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint $$;

-- One row per ended task whose recordings are to be had: claimed with a lease, fenced by its epoch (rule 3). No foreign
-- key to acd: a task of an ACD that is not known yet waits here.
CREATE TABLE import_job (
  acd_id             uuid NOT NULL,
  task_id            text NOT NULL,
  tenant_id          uuid NOT NULL,
  webex_org_id       text NOT NULL,
  task_revision      integer NOT NULL,
  ended_at_ms        bigint NOT NULL,
  recording_expected boolean NOT NULL,
  state              text NOT NULL CHECK (state IN ('waiting', 'done', 'failed')),
  -- 0: something is to be had; 1: failed often; 2: all is stored and it is only looked at once more.
  priority           smallint NOT NULL DEFAULT 0,
  next_attempt_at_ms bigint NOT NULL,
  -- Claims since the last success or wake-up, so that a task that kills its process counts, too.
  attempts           integer NOT NULL DEFAULT 0,
  -- Grows with each wake-up (webhook, revision, operator): one that comes while the job is claimed survives its verdict.
  wakes              integer NOT NULL DEFAULT 0,
  lease_until_ms     bigint NOT NULL DEFAULT 0,
  epoch              bigint NOT NULL DEFAULT 0,
  last_code          text,
  last_reason        text,
  traceparent        text,
  created_at_ms      bigint NOT NULL,
  PRIMARY KEY (acd_id, task_id)
);
CREATE INDEX import_job_due ON import_job (acd_id, priority, next_attempt_at_ms) WHERE state = 'waiting';
CREATE INDEX import_job_listed ON import_job (tenant_id, state, ended_at_ms DESC, task_id DESC);

-- One row per recording that the ACD told of; metadata first, then audio (MED-02).
CREATE TABLE recording (
  recording_id       uuid PRIMARY KEY,
  acd_id             uuid NOT NULL,
  task_id            text NOT NULL,
  tenant_id          uuid NOT NULL,
  webex_recording_id text NOT NULL,
  leg                text NOT NULL,
  is_segment         boolean NOT NULL,
  started_at_ms      bigint NOT NULL,
  ended_at_ms        bigint NOT NULL,
  channel_roles      jsonb NOT NULL,
  participants       jsonb NOT NULL,
  -- The generation that is readable; none before the first file is stored.
  generation         integer,
  attempts           integer NOT NULL DEFAULT 0,
  last_code          text,
  last_reason        text,
  known_at_ms        bigint NOT NULL
);
CREATE INDEX recording_of_task ON recording (acd_id, task_id);

-- A stored file. A redaction writes the next generation under a new key and destroys this one (rule 9).
CREATE TABLE recording_generation (
  recording_id       uuid NOT NULL REFERENCES recording ON DELETE CASCADE,
  generation         integer NOT NULL,
  tenant_id          uuid NOT NULL,
  path               text NOT NULL,
  sealed_key         text,
  segment_size_bytes integer NOT NULL,
  stored_size_bytes  bigint NOT NULL,
  size_bytes         bigint NOT NULL,
  sha256             text NOT NULL,
  format             jsonb NOT NULL,
  stored_at_ms       bigint NOT NULL,
  destroyed_at_ms    bigint,
  PRIMARY KEY (recording_id, generation)
);

-- A file that is being written. The row is there before the file and goes in the transaction that stores the generation,
-- so that after a kill exactly the files of lost claims are known and removed.
CREATE TABLE pending_file (
  path      text PRIMARY KEY,
  acd_id    uuid NOT NULL,
  task_id   text NOT NULL,
  tenant_id uuid NOT NULL,
  epoch     bigint NOT NULL
);

-- HTTP reads go through the reader's role of this schema, which sees one tenant at a time; never keys.
DO $$
DECLARE
  reader text := current_schema() || '_reader';
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['import_job', 'recording', 'recording_generation', 'pending_file'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY of_tenant ON %I FOR SELECT TO %I
                    USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', name, reader);
  END LOOP;
  EXECUTE format('GRANT SELECT ON import_job, recording TO %I', reader);
  EXECUTE format('GRANT SELECT (recording_id, generation, tenant_id, path, segment_size_bytes, stored_size_bytes, size_bytes,
                  sha256, format, stored_at_ms, destroyed_at_ms) ON recording_generation TO %I', reader);
END $$;
