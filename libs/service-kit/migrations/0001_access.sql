-- Up Migration
-- Who may call this service. Only hashes; a key is '<wfo>_<id>_<secret>' and its SHA-256 is stored.
CREATE TABLE api_key (
  id         text PRIMARY KEY CHECK (id ~ '^[a-z0-9-]{1,64}$'),
  sha256     text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  scopes     text[] NOT NULL,
  tenant_id  uuid, -- null: the platform (operators, sibling services)
  source     text NOT NULL CHECK (source IN ('configuration', 'operator')),
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz
);
