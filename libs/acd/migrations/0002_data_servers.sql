-- Which data server works for an ACD in each role (ACD-04); null: the role is switched off. Configurations of 0.1 name
-- none, and are served by the default one.
ALTER TABLE acd ADD COLUMN data_servers jsonb NOT NULL GENERATED ALWAYS AS (coalesce(
  configuration->'dataServers',
  '{"sync": "default", "capture": "default", "realTimeEvents": "default", "mediaImport": "default"}'::jsonb)) STORED;
