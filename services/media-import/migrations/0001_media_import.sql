-- One row per ended task whose recordings are to be had: claimed with a lease, fenced by its epoch (rule 3).
CREATE TABLE import_job (
  acd_id             uuid NOT NULL,
  task_id            text NOT NULL,
  tenant_id          uuid NOT NULL,
  webex_org_id       text NOT NULL,
  task_revision      integer NOT NULL,
  ended_at_ms        bigint NOT NULL,
  recording_expected boolean NOT NULL,
  state              text NOT NULL,
  next_attempt_at_ms bigint NOT NULL,
  attempts           integer NOT NULL DEFAULT 0,
  lease_until_ms     bigint NOT NULL DEFAULT 0,
  epoch              bigint NOT NULL DEFAULT 0,
  last_code          text,
  last_reason        text,
  traceparent        text,
  created_at_ms      bigint NOT NULL,
  PRIMARY KEY (acd_id, task_id)
);
CREATE INDEX import_job_due ON import_job (acd_id, next_attempt_at_ms) WHERE state = 'waiting';
CREATE INDEX import_job_listed ON import_job (tenant_id, state, ended_at_ms DESC, task_id);

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
  state              text NOT NULL DEFAULT 'known',
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

ALTER TABLE import_job ENABLE ROW LEVEL SECURITY;
ALTER TABLE recording ENABLE ROW LEVEL SECURITY;
ALTER TABLE recording_generation ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON import_job TO media_import_reader USING (tenant_id = current_setting('app.tenant_id', true)::uuid);
CREATE POLICY of_tenant ON recording TO media_import_reader USING (tenant_id = current_setting('app.tenant_id', true)::uuid);
CREATE POLICY of_tenant ON recording_generation TO media_import_reader USING (tenant_id = current_setting('app.tenant_id', true)::uuid);
GRANT SELECT ON import_job, recording TO media_import_reader;
GRANT SELECT (recording_id, generation, tenant_id, path, segment_size_bytes, stored_size_bytes, size_bytes, sha256, format, stored_at_ms, destroyed_at_ms) ON recording_generation TO media_import_reader;
