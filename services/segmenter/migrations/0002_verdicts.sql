-- The latest verdict that no recording will come, as media-import told it; version 0: none.
ALTER TABLE task ADD COLUMN verdict_version integer NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN verdict jsonb;

-- Of what the ACD says of a file: a corrected clock has a higher one.
ALTER TABLE recording ADD COLUMN revision integer NOT NULL DEFAULT 1;
