-- The state machine of token upkeep (`token-machine-policy.ts`): what is stored of a token's state, and since when.
ALTER TABLE token ADD COLUMN standing text NOT NULL DEFAULT 'fresh'
  CHECK (standing IN ('fresh', 'retrying', 'doubted', 'lost', 'ended'));
ALTER TABLE token ADD COLUMN standing_since_ms bigint NOT NULL
  DEFAULT (extract(epoch FROM clock_timestamp()) * 1000)::bigint;
UPDATE token t SET
  standing = CASE
    WHEN t.next_refresh_at_ms IS NULL THEN 'ended'
    WHEN a.authorization_state = 'reauthorization-required' THEN 'lost'
    WHEN t.first_refused_at_ms IS NOT NULL THEN 'doubted'
    WHEN t.failures > 0 THEN 'retrying'
    ELSE 'fresh' END,
  standing_since_ms = coalesce(t.first_refused_at_ms, t.issued_at_ms)
FROM acd a WHERE a.acd_id = t.acd_id;

-- When a person signed in last; null: before this was written down.
ALTER TABLE token ADD COLUMN signed_in_at_ms bigint;
ALTER TABLE token ADD COLUMN last_answer text;
ALTER TABLE token ADD COLUMN last_failure_at_ms bigint;
-- The nearest of the warnings before the refresh token's end that was given (14, 7, 3, 1 days; AUTH-05).
ALTER TABLE token ADD COLUMN warned_days integer;

-- What happened to an ACD's tokens, bounded per ACD, without any secret: for its health and for support (AUTH-04).
CREATE TABLE token_history (
  entry_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id   uuid NOT NULL,
  acd_id      uuid NOT NULL,
  kind        text NOT NULL,
  version     integer,
  answer      text,
  reason      text,
  next_at_ms  bigint,
  -- The same failure again and again is one entry.
  times       integer NOT NULL DEFAULT 1,
  first_at_ms bigint NOT NULL,
  at_ms       bigint NOT NULL,
  CONSTRAINT token_history_acd_of_tenant FOREIGN KEY (tenant_id, acd_id) REFERENCES acd (tenant_id, acd_id)
);
CREATE INDEX token_history_of_acd ON token_history (acd_id, entry_id);

DO $$
DECLARE
  reader text := current_schema() || '_reader';
BEGIN
  EXECUTE 'ALTER TABLE token_history ENABLE ROW LEVEL SECURITY';
  EXECUTE format(
    'CREATE POLICY token_history_of_tenant ON token_history FOR SELECT TO %I USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)',
    reader);
  EXECUTE format('GRANT SELECT ON token_history TO %I', reader);
  EXECUTE format('GRANT SELECT (standing, standing_since_ms, signed_in_at_ms, first_refused_at_ms, intent_until_ms, last_answer, last_failure_at_ms, warned_days) ON token TO %I', reader);
END $$;
