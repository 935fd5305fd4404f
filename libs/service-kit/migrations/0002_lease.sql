-- Up Migration
-- One of N replicas does a piece of work. The epoch grows with every change of holder: what the work commits checks it.
CREATE TABLE lease (
  name       text PRIMARY KEY,
  epoch      bigint NOT NULL,
  holder     text,
  expires_at timestamptz NOT NULL
);
