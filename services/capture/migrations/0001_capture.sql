-- Capture owns: the ledger of windows it has read, the tasks, and the webhooks' hints. Its copies of ACDs and tokens and
-- its webhook subscriptions are libs/acd's tables. Times are epoch milliseconds UTC; windows are half-open [start, end).

-- One row per ACD: who polls it now (lease with a fencing epoch), when next, and how the last polls went.
CREATE TABLE poll_state (
  acd_id uuid PRIMARY KEY REFERENCES acd (acd_id),
  tenant_id uuid NOT NULL,
  owner text,
  epoch bigint NOT NULL DEFAULT 0,
  lease_expires_at_ms bigint,
  next_poll_at_ms bigint NOT NULL DEFAULT 0,
  last_poll_at_ms bigint,
  last_success_at_ms bigint,
  failures integer NOT NULL DEFAULT 0,
  last_error jsonb
);
CREATE INDEX poll_state_due ON poll_state (next_poll_at_ms);

-- The rows of one sweep tile time without overlap: `accepted` is read and proven by a count, `gap` is to be read again.
CREATE TABLE window_ledger (
  acd_id uuid NOT NULL REFERENCES acd (acd_id),
  tenant_id uuid NOT NULL,
  sweep text NOT NULL CHECK (sweep IN ('ended', 'last-activity', 'anti-entropy')),
  start_ms bigint NOT NULL,
  end_ms bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('accepted', 'gap')),
  expected_count integer,
  seen_count integer,
  attempts integer NOT NULL DEFAULT 0,
  next_read_at_ms bigint NOT NULL DEFAULT 0,
  read_at_ms bigint NOT NULL,
  epoch bigint NOT NULL,
  PRIMARY KEY (acd_id, sweep, start_ms),
  UNIQUE (acd_id, sweep, end_ms),
  CHECK (end_ms > start_ms)
);
CREATE INDEX window_ledger_gaps ON window_ledger (acd_id, sweep, start_ms) WHERE state = 'gap';

-- What the ACD said of a task, newest accepted reading. `facts_hash` covers what segmenting and statistics use.
CREATE TABLE task (
  acd_id uuid NOT NULL,
  task_id text NOT NULL,
  tenant_id uuid NOT NULL,
  revision integer NOT NULL,
  facts jsonb NOT NULL,
  facts_hash text NOT NULL,
  last_activity_at_ms bigint,
  activity_count integer NOT NULL,
  fact_count integer NOT NULL,
  ended_at_ms bigint NOT NULL,
  read_at_ms bigint NOT NULL,
  observed_at_ms bigint NOT NULL,
  pending_shrink jsonb,
  PRIMARY KEY (acd_id, task_id)
);
CREATE INDEX task_ended ON task (acd_id, ended_at_ms, task_id);

-- A task that can't be told in our contract: kept, counted and shown instead of stopping its ACD.
CREATE TABLE refused_task (
  acd_id uuid NOT NULL,
  task_id text NOT NULL,
  tenant_id uuid NOT NULL,
  reasons text[] NOT NULL,
  first_seen_at_ms bigint NOT NULL,
  last_seen_at_ms bigint NOT NULL,
  readings integer NOT NULL DEFAULT 1,
  PRIMARY KEY (acd_id, task_id)
);

-- `generation` grows with each webhook of the task, so that a hint that came during its own reading survives it.
CREATE TABLE hint (
  acd_id uuid NOT NULL,
  task_id text NOT NULL,
  tenant_id uuid NOT NULL,
  received_at_ms bigint NOT NULL,
  generation integer NOT NULL DEFAULT 1,
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at_ms bigint NOT NULL,
  PRIMARY KEY (acd_id, task_id)
);
CREATE INDEX hint_due ON hint (next_attempt_at_ms);

-- HTTP reads go through the reader's role of this schema, which sees one tenant at a time.
DO $$
DECLARE
  reader text := current_schema() || '_reader';
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['poll_state', 'window_ledger', 'task', 'refused_task', 'hint'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY of_tenant ON %I FOR SELECT TO %I
                    USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', name, reader);
  END LOOP;
  EXECUTE format('GRANT SELECT ON poll_state, window_ledger, task, refused_task, hint TO %I', reader);
END $$;
