-- The service's own copy of every ACD's configuration, out of the compacted topic `acd-changed` (ACD-05).
CREATE TABLE acd (
  acd_id        uuid PRIMARY KEY,
  tenant_id     uuid NOT NULL,
  revision      integer NOT NULL,
  -- False for ever once deleted; else whether work may be done for it.
  active        boolean NOT NULL,
  configuration jsonb NOT NULL
);

-- The service's own sealed copy of an access token: it works on while oauth and Redis are away (rule 10).
CREATE TABLE access_token (
  acd_id        uuid PRIMARY KEY,
  version       integer NOT NULL,
  sealed        text NOT NULL,
  expires_at_ms bigint NOT NULL
);
