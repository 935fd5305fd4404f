-- Sync owns: its runs with their plans, its settings, and the WFO users, teams, queues and reference lists that the
-- directories of ACDs made. Its copies of ACDs and tokens are libs/acd's tables. Times are epoch milliseconds UTC.

-- Settings of one ACD; without a row the defaults hold (src/settings). The WFO side owns them, no run changes them.
CREATE TABLE sync_setting (
  acd_id             uuid PRIMARY KEY REFERENCES acd (acd_id),
  tenant_id          uuid NOT NULL,
  revision           integer NOT NULL,
  -- A run that would deactivate more than this share of the active users waits for a person (SYNC-06).
  brake_share        double precision NOT NULL CHECK (brake_share BETWEEN 0 AND 1),
  activate_new_users boolean NOT NULL,
  -- Null: the tenant's role "Agent". The default team of new users is the one with `is_default`.
  default_role_id    uuid,
  changed_at_ms      bigint NOT NULL,
  changed_by         text NOT NULL
);

-- Who runs the sync of an ACD now (lease with a fencing epoch), and when it is due next.
CREATE TABLE sync_lease (
  acd_id                  uuid PRIMARY KEY REFERENCES acd (acd_id),
  tenant_id               uuid NOT NULL,
  owner                   text,
  epoch                   bigint NOT NULL DEFAULT 0,
  lease_expires_at_ms     bigint,
  next_run_at_ms          bigint NOT NULL DEFAULT 0,
  last_started_at_ms      bigint,
  last_success_at_ms      bigint,
  -- The last run that read every kind completely and was applied.
  last_complete_at_ms     bigint,
  failures                integer NOT NULL DEFAULT 0,
  last_problem            jsonb
);
CREATE INDEX sync_lease_due ON sync_lease (next_run_at_ms);

CREATE TABLE sync_run (
  run_id          uuid PRIMARY KEY,
  tenant_id       uuid NOT NULL,
  acd_id          uuid NOT NULL REFERENCES acd (acd_id),
  trigger         text NOT NULL CHECK (trigger IN ('interval', 'demand', 'dry-run')),
  state           text NOT NULL CHECK (state IN ('queued', 'reading', 'planned', 'awaiting-approval', 'applying',
                                                 'done', 'failed', 'rejected', 'stopped')),
  requested_by    text,
  requested_at_ms bigint NOT NULL,
  started_at_ms   bigint,
  ended_at_ms     bigint,
  -- The date of the run, of which new users get their start dates (SYNC-02).
  run_date        text CHECK (run_date ~ '^\d{4}-\d{2}-\d{2}$'),
  -- Per kind: {seen, added, changed, deactivated, unchanged, refused}.
  counts          jsonb NOT NULL DEFAULT '{}',
  -- Per kind: {state: reading | complete | partial, problem}.
  listings        jsonb NOT NULL DEFAULT '{}',
  -- {activeUsers, deactivations, share, limit, digest}
  brake           jsonb,
  planned_changes integer NOT NULL DEFAULT 0,
  applied_changes integer NOT NULL DEFAULT 0,
  -- {code, detail, remedy}: why it failed, stopped, or is not complete.
  problem         jsonb,
  decided_by      text,
  decided_at_ms   bigint,
  decision_reason text
);
CREATE INDEX sync_run_of_acd ON sync_run (acd_id, requested_at_ms DESC, run_id);
-- One run at a time per ACD, one waiting for its turn, one waiting for a person; an approved one may follow a reading.
CREATE UNIQUE INDEX sync_run_reading ON sync_run (acd_id) WHERE state IN ('reading', 'planned');
CREATE UNIQUE INDEX sync_run_applying ON sync_run (acd_id) WHERE state = 'applying';
CREATE UNIQUE INDEX sync_run_queued ON sync_run (acd_id, (trigger = 'dry-run')) WHERE state = 'queued';
CREATE UNIQUE INDEX sync_run_waiting ON sync_run (acd_id) WHERE state = 'awaiting-approval';

-- The plan of a run, in the order in which it is applied.
CREATE TABLE sync_change (
  run_id       uuid NOT NULL REFERENCES sync_run (run_id) ON DELETE CASCADE,
  seq          integer NOT NULL,
  tenant_id    uuid NOT NULL,
  acd_id       uuid NOT NULL,
  kind         text NOT NULL CHECK (kind IN ('user', 'team', 'queue', 'site', 'entry-point', 'auxiliary-code')),
  change       text NOT NULL CHECK (change IN ('add', 'change', 'deactivate', 'reactivate', 'mark')),
  -- The WFO id, and the id that Webex knows the thing by.
  item_id      uuid NOT NULL,
  webex_id     text NOT NULL,
  name         text NOT NULL,
  -- Which rules made it, in the words of the guide's tables.
  reasons      text[] NOT NULL,
  -- The fields that differ; applying writes those of `after` and no others.
  before       jsonb,
  after        jsonb NOT NULL,
  outcome      text CHECK (outcome IN ('applied', 'skipped')),
  PRIMARY KEY (run_id, seq)
);

-- A named set of permissions (SYNC-08). A tenant's role "Agent" is made with its first run.
CREATE TABLE role (
  role_id       uuid PRIMARY KEY,
  tenant_id     uuid NOT NULL,
  name          text NOT NULL,
  permissions   text[] NOT NULL,
  -- The default agent role: what contact-center enabled users get (SYNC-02, SYNC-03).
  is_agent_role boolean NOT NULL DEFAULT false,
  revision      integer NOT NULL DEFAULT 1,
  created_at_ms bigint NOT NULL,
  changed_at_ms bigint NOT NULL
);
CREATE UNIQUE INDEX role_name ON role (tenant_id, lower(name));
CREATE UNIQUE INDEX role_of_agents ON role (tenant_id) WHERE is_agent_role;

CREATE TABLE directory_team (
  team_id             uuid PRIMARY KEY,
  tenant_id           uuid NOT NULL,
  acd_id              uuid NOT NULL REFERENCES acd (acd_id),
  revision            integer NOT NULL DEFAULT 1,
  source              text NOT NULL CHECK (source IN ('acd', 'wfo')),
  name                text NOT NULL,
  -- Of the directory; null for teams that were created here.
  acd_team_id         text,
  team_type           text CHECK (team_type IN ('agent', 'capacity', 'unknown')),
  acd_state           text CHECK (acd_state IN ('active', 'inactive', 'deleted')),
  acd_state_since_ms  bigint,
  -- Of WFO.
  is_default          boolean NOT NULL DEFAULT false,
  deleted             boolean NOT NULL DEFAULT false,
  merged_into_team_id uuid REFERENCES directory_team (team_id),
  created_at_ms       bigint NOT NULL,
  changed_at_ms       bigint NOT NULL,
  CHECK ((source = 'acd') = (acd_team_id IS NOT NULL)),
  UNIQUE (acd_id, acd_team_id)
);
CREATE UNIQUE INDEX directory_team_default ON directory_team (acd_id) WHERE is_default AND NOT deleted;

-- A WFO user with its one ACD profile. A merge (SYNC-07) gives the survivor the id that is alive in the ACD: where that
-- is the other's, both rows swap their directory columns. The merged row stays, so that nobody is made anew for its id.
CREATE TABLE directory_user (
  user_id                uuid PRIMARY KEY,
  tenant_id              uuid NOT NULL,
  acd_id                 uuid NOT NULL REFERENCES acd (acd_id),
  revision               integer NOT NULL DEFAULT 1,
  -- Of the directory: runs alone write these. The directory's key is `webex_user_id`, so that an ACD that goes from
  -- 1.0 to 2.0 doubles nobody; `acd_user_id` is the ACD id: the TID in 1.0, else the same.
  webex_user_id          text NOT NULL,
  acd_user_id            text NOT NULL,
  identity_id            text,
  first_name             text,
  last_name              text,
  email                  text,
  external_id            text,
  contact_center_enabled boolean NOT NULL,
  acd_state              text NOT NULL CHECK (acd_state IN ('active', 'not-active', 'deleted')),
  acd_state_since_ms     bigint NOT NULL,
  -- Of WFO: runs write them only where the guide's tables say so.
  active                 boolean NOT NULL,
  -- Who said so last. What a run deactivated comes back by a run; what a person deactivated stays so.
  activation_by          text NOT NULL CHECK (activation_by IN ('sync', 'wfo')),
  team_id                uuid NOT NULL REFERENCES directory_team (team_id),
  role_ids               uuid[] NOT NULL DEFAULT '{}',
  windows_login          text,
  company_start_date     text NOT NULL CHECK (company_start_date ~ '^\d{4}-\d{2}-\d{2}$'),
  department_start_date  text NOT NULL CHECK (department_start_date ~ '^\d{4}-\d{2}-\d{2}$'),
  merged_into_user_id    uuid REFERENCES directory_user (user_id),
  created_at_ms          bigint NOT NULL,
  changed_at_ms          bigint NOT NULL,
  UNIQUE (acd_id, webex_user_id)
);
CREATE INDEX directory_user_acd_id ON directory_user (acd_id, acd_user_id);
CREATE INDEX directory_user_identity ON directory_user (acd_id, identity_id);
CREATE INDEX directory_user_team ON directory_user (team_id);
CREATE INDEX directory_user_merged ON directory_user (merged_into_user_id) WHERE merged_into_user_id IS NOT NULL;
CREATE INDEX directory_user_roles ON directory_user USING gin (role_ids);

CREATE TABLE directory_queue (
  queue_id                        uuid PRIMARY KEY,
  tenant_id                       uuid NOT NULL,
  acd_id                          uuid NOT NULL REFERENCES acd (acd_id),
  revision                        integer NOT NULL DEFAULT 1,
  acd_queue_id                    text NOT NULL,
  name                            text NOT NULL,
  channel                         text NOT NULL,
  channel_type                    text NOT NULL,
  direction                       text NOT NULL,
  service_level_threshold_seconds double precision,
  acd_state                       text NOT NULL CHECK (acd_state IN ('active', 'inactive', 'deleted')),
  created_at_ms                   bigint NOT NULL,
  changed_at_ms                   bigint NOT NULL,
  UNIQUE (acd_id, acd_queue_id)
);

-- Sites, entry points and auxiliary codes: names that statistics need. `facts` holds what else is known of them.
CREATE TABLE reference_item (
  item_id       uuid PRIMARY KEY,
  tenant_id     uuid NOT NULL,
  acd_id        uuid NOT NULL REFERENCES acd (acd_id),
  kind          text NOT NULL CHECK (kind IN ('site', 'entry-point', 'auxiliary-code')),
  acd_item_id   text NOT NULL,
  name          text NOT NULL,
  facts         jsonb NOT NULL,
  acd_state     text NOT NULL CHECK (acd_state IN ('active', 'inactive', 'deleted')),
  created_at_ms bigint NOT NULL,
  changed_at_ms bigint NOT NULL,
  UNIQUE (acd_id, kind, acd_item_id)
);

-- HTTP reads go through the reader's role of this schema, which sees one tenant at a time.
DO $$
DECLARE
  reader text := current_schema() || '_reader';
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['sync_setting', 'sync_lease', 'sync_run', 'sync_change', 'role', 'directory_team',
                              'directory_user', 'directory_queue', 'reference_item'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY of_tenant ON %I FOR SELECT TO %I
                    USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', name, reader);
    EXECUTE format('GRANT SELECT ON %I TO %I', name, reader);
  END LOOP;
END $$;
