-- The tables of the bus. Every service that publishes or consumes has its own copy in its own schema.

-- Events that are committed but not yet published; the relay deletes what the broker has acknowledged.
CREATE TABLE outbox (
  id            bigint GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY,
  shard         smallint NOT NULL,
  topic         text NOT NULL,
  key           text NOT NULL,
  event_id      uuid NOT NULL,
  blob_id       uuid,
  headers       jsonb,
  value         text NOT NULL,
  traceparent   text,
  tracestate    text,
  tenant_id     uuid NOT NULL,
  acd_id        uuid NOT NULL,
  created_at_ms bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX outbox_shard_id ON outbox (shard, id);

-- Values too large for one record of the broker; the record refers to them (CloudEvents dataref).
CREATE TABLE event_blob (
  id            uuid PRIMARY KEY,
  topic         text NOT NULL,
  value         text NOT NULL,
  tenant_id     uuid NOT NULL,
  acd_id        uuid NOT NULL,
  created_at_ms bigint NOT NULL
);
CREATE INDEX event_blob_created ON event_blob (created_at_ms);

-- Who relays which shard. The lease only shares the work; the fence is Kafka's (transactional id per shard).
CREATE TABLE relay_lease (
  shard      smallint PRIMARY KEY,
  owner      text,
  epoch      bigint NOT NULL DEFAULT 0,
  expires_at timestamptz NOT NULL DEFAULT '-infinity'
);
CREATE TABLE relay_member (
  owner      text PRIMARY KEY,
  expires_at timestamptz NOT NULL
);

-- The truth about what was consumed: written in the transaction of its effects.
-- log_epoch grows when the topic's log began anew, so that equal offsets of two logs stay apart.
CREATE TABLE consumed_offset (
  group_id      text NOT NULL,
  topic         text NOT NULL,
  partition     integer NOT NULL,
  next_offset   bigint NOT NULL,
  log_epoch     integer NOT NULL DEFAULT 0,
  updated_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (group_id, topic, partition)
) WITH (fillfactor = 50);

-- 'waiting': to be tried again on its own at next_attempt_at_ms. 'parked': somebody has to look.
CREATE TABLE dead_letter (
  id                 uuid PRIMARY KEY,
  tenant_id          uuid,
  acd_id             uuid,
  consumer_group     text NOT NULL,
  topic              text NOT NULL,
  partition          integer NOT NULL,
  "offset"           bigint NOT NULL,
  log_epoch          integer NOT NULL DEFAULT 0,
  key                bytea,
  value              bytea,
  headers            jsonb NOT NULL,
  edited_value       bytea,
  reason             text NOT NULL,
  code               text NOT NULL,
  step               text NOT NULL,
  attempt            integer NOT NULL,
  trace_id           text,
  state              text NOT NULL CHECK (state IN ('waiting', 'parked', 'replayed', 'discarded')),
  next_attempt_at_ms bigint,
  record_at_ms       bigint NOT NULL,
  created_at_ms      bigint NOT NULL,
  updated_at_ms      bigint NOT NULL,
  updated_by         text,
  note               text,
  UNIQUE (consumer_group, topic, partition, "offset", log_epoch)
);
CREATE INDEX dead_letter_list ON dead_letter (created_at_ms DESC, id DESC);
CREATE INDEX dead_letter_waiting ON dead_letter (consumer_group, next_attempt_at_ms) WHERE state = 'waiting';

-- How often a record that fails by itself was tried; counted before the attempt, so that a crash counts too.
CREATE TABLE delivery_attempt (
  group_id   text NOT NULL,
  topic      text NOT NULL,
  partition  integer NOT NULL,
  "offset"   bigint NOT NULL,
  attempts   integer NOT NULL,
  last_error text,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (group_id, topic, partition, "offset")
);

-- What must not be survived silently: a log that began anew, events deleted unread, an empty database.
CREATE TABLE bus_incident (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind          text NOT NULL,
  group_id      text NOT NULL,
  topic         text NOT NULL,
  partition     integer NOT NULL,
  expected      bigint,
  low_offset    bigint,
  high_offset   bigint,
  action        text NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT now()
);

-- HTTP reads run as <schema>_reader and see the rows of one tenant only.
ALTER TABLE dead_letter ENABLE ROW LEVEL SECURITY;
DO $$
DECLARE reader text := current_schema() || '_reader';
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = reader) THEN
    EXECUTE format('GRANT SELECT ON dead_letter TO %I', reader);
    EXECUTE format(
      'CREATE POLICY dead_letter_of_tenant ON dead_letter FOR SELECT TO %I USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)',
      reader);
  END IF;
END $$;
