-- The WFO side of the directory: what people search, edit, merge and what they did.

-- A name as it is compared and sorted: without case, accents, punctuation and doubled spaces. src/duplicates/name-key.ts
-- makes the same of what is searched for. ICU lowers beyond ASCII whatever the database's locale is.
CREATE FUNCTION name_key(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN btrim(lower(regexp_replace(regexp_replace(normalize(name, NFKD), '[\u0300-\u036f]', '', 'g'),
                                  '[\s!-/:-@\[-`{-~]+', ' ', 'g') COLLATE "und-x-icu"));

ALTER TABLE directory_user
  ADD COLUMN sort_key text COLLATE "C" NOT NULL
    GENERATED ALWAYS AS (name_key(coalesce(last_name, '') || ' ' || coalesce(first_name, ''))) STORED,
  ADD COLUMN full_key text COLLATE "C" NOT NULL
    GENERATED ALWAYS AS (name_key(coalesce(first_name, '') || ' ' || coalesce(last_name, ''))) STORED,
  ADD COLUMN email_key text COLLATE "C" GENERATED ALWAYS AS (lower(btrim(email) COLLATE "und-x-icu")) STORED,
  ADD COLUMN login_key text COLLATE "C" GENERATED ALWAYS AS (lower(windows_login COLLATE "und-x-icu")) STORED;
CREATE INDEX directory_user_list ON directory_user (tenant_id, sort_key, user_id);
CREATE INDEX directory_user_full_name ON directory_user (tenant_id, full_key);
CREATE INDEX directory_user_email ON directory_user (tenant_id, email_key);
CREATE INDEX directory_user_external ON directory_user (acd_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX directory_user_merged_of_acd ON directory_user (acd_id) WHERE merged_into_user_id IS NOT NULL;
-- Screen recording finds the user by it, so two must not share it (SYNC-08, SCR-04). A merged user keeps its own aside.
CREATE UNIQUE INDEX directory_user_login ON directory_user (tenant_id, login_key) WHERE merged_into_user_id IS NULL;

ALTER TABLE directory_team
  ADD COLUMN name_key text COLLATE "C" NOT NULL GENERATED ALWAYS AS (name_key(name)) STORED;
CREATE INDEX directory_team_list ON directory_team (tenant_id, name_key, team_id);
CREATE INDEX directory_team_merged ON directory_team (merged_into_team_id) WHERE merged_into_team_id IS NOT NULL;
CREATE INDEX directory_team_merged_of_acd ON directory_team (acd_id) WHERE merged_into_team_id IS NOT NULL;
-- Names of the ACD are what they are; two teams that were made here differ.
CREATE UNIQUE INDEX directory_team_local_name ON directory_team (acd_id, name_key)
  WHERE source = 'wfo' AND NOT deleted AND merged_into_team_id IS NULL;

ALTER TABLE directory_queue
  ADD COLUMN name_key text COLLATE "C" NOT NULL GENERATED ALWAYS AS (name_key(name)) STORED;
CREATE INDEX directory_queue_list ON directory_queue (tenant_id, name_key, queue_id);
ALTER TABLE reference_item
  ADD COLUMN name_key text COLLATE "C" NOT NULL GENERATED ALWAYS AS (name_key(name)) STORED;
CREATE INDEX reference_item_list ON reference_item (tenant_id, kind, name_key, item_id);
ALTER TABLE role ADD COLUMN name_key text COLLATE "C" NOT NULL GENERATED ALWAYS AS (name_key(name)) STORED;
CREATE INDEX role_list ON role (tenant_id, name_key, role_id);

-- Two users, or two teams, of one ACD that are probably the same (SYNC-07).
CREATE TABLE duplicate_candidate (
  duplicate_id    uuid PRIMARY KEY,
  tenant_id       uuid NOT NULL,
  acd_id          uuid NOT NULL REFERENCES acd (acd_id),
  kind            text NOT NULL CHECK (kind IN ('user', 'team')),
  -- The one known longer, and the other.
  older_id        uuid NOT NULL,
  newer_id        uuid NOT NULL CHECK (newer_id <> older_id),
  score           integer NOT NULL CHECK (score BETWEEN 0 AND 100),
  evidence        jsonb NOT NULL,
  state           text NOT NULL CHECK (state IN ('open', 'merged', 'dismissed')),
  revision        integer NOT NULL DEFAULT 1,
  -- Of the run that found it first.
  run_id          uuid,
  found_at_ms     bigint NOT NULL,
  changed_at_ms   bigint NOT NULL,
  decided_by      text,
  decision_reason text
);
CREATE UNIQUE INDEX duplicate_candidate_pair
  ON duplicate_candidate (kind, (least(older_id, newer_id)), (greatest(older_id, newer_id)));
CREATE INDEX duplicate_candidate_list ON duplicate_candidate (tenant_id, state, score DESC, duplicate_id);

-- What was merged by hand, with all that is needed to take it back.
CREATE TABLE merge_record (
  merge_id      uuid PRIMARY KEY,
  -- The order of merges; the last one of a user is taken back first.
  seq           bigint GENERATED ALWAYS AS IDENTITY,
  tenant_id     uuid NOT NULL,
  acd_id        uuid NOT NULL REFERENCES acd (acd_id),
  kind          text NOT NULL CHECK (kind IN ('user', 'team')),
  survivor_id   uuid NOT NULL,
  merged_id     uuid NOT NULL CHECK (merged_id <> survivor_id),
  duplicate_id  uuid REFERENCES duplicate_candidate (duplicate_id),
  state         text NOT NULL CHECK (state IN ('merged', 'undone')),
  revision      integer NOT NULL DEFAULT 1,
  -- {keys, repointed} and of users {survivorBefore, survivorAfter, mergedBefore}; src/duplicates/merge-repository.ts
  snapshot      jsonb NOT NULL,
  merged_at_ms  bigint NOT NULL,
  merged_by     text NOT NULL,
  undone_at_ms  bigint,
  undone_by     text
);
CREATE UNIQUE INDEX merge_record_merged ON merge_record (merged_id) WHERE state = 'merged';
CREATE INDEX merge_record_survivor ON merge_record (survivor_id) WHERE state = 'merged';
CREATE INDEX merge_record_list ON merge_record (tenant_id, seq);

-- Users that a merge of teams moved, so that undoing it moves them back.
CREATE TABLE team_move (
  merge_id  uuid NOT NULL REFERENCES merge_record (merge_id),
  user_id   uuid NOT NULL REFERENCES directory_user (user_id),
  tenant_id uuid NOT NULL,
  PRIMARY KEY (merge_id, user_id)
);

-- Work over many users that follows from one edit, done in bounded batches.
CREATE TABLE directory_work (
  work_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id     uuid NOT NULL,
  kind          text NOT NULL CHECK (kind IN ('publish-role', 'move-team', 'move-team-back')),
  role_id       uuid,
  merge_id      uuid REFERENCES merge_record (merge_id),
  from_team_id  uuid,
  to_team_id    uuid,
  -- Users up to this one are done.
  after_user_id uuid,
  -- Work that had fewer turns comes first: much work of one tenant must not hold up the others.
  turns         integer NOT NULL DEFAULT 0,
  created_at_ms bigint NOT NULL
);
CREATE UNIQUE INDEX directory_work_role ON directory_work (role_id) WHERE kind = 'publish-role';
CREATE INDEX directory_work_merge ON directory_work (merge_id) WHERE merge_id IS NOT NULL;

-- Who changed what by hand and when. No foreign keys: it outlasts what it tells about.
CREATE TABLE audit_entry (
  audit_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id      uuid NOT NULL,
  acd_id         uuid,
  subject        text NOT NULL,
  action         text NOT NULL,
  target_kind    text NOT NULL,
  target_id      uuid NOT NULL,
  changes        jsonb NOT NULL,
  occurred_at_ms bigint NOT NULL
);
CREATE INDEX audit_entry_of_tenant ON audit_entry (tenant_id, audit_id);
CREATE INDEX audit_entry_of_target ON audit_entry (target_id, audit_id);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The audit trail is append-only; % is refused.', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
REVOKE UPDATE, DELETE, TRUNCATE ON audit_entry FROM CURRENT_USER;

-- HTTP reads go through the reader's role of this schema, which sees one tenant at a time.
DO $$
DECLARE
  reader text := current_schema() || '_reader';
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['duplicate_candidate', 'merge_record', 'team_move', 'directory_work', 'audit_entry'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY of_tenant ON %I FOR SELECT TO %I
                    USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', name, reader);
    EXECUTE format('GRANT SELECT ON %I TO %I', name, reader);
  END LOOP;
END $$;
