-- Looks since the last success or wake-up that failed because of the task itself: only those may end a job.
ALTER TABLE import_job ADD COLUMN refusals integer NOT NULL DEFAULT 0;

-- What `recording-unavailable` told of the task: at which version, and why while it stands; null: nothing stands.
ALTER TABLE import_job ADD COLUMN verdict_version integer NOT NULL DEFAULT 0;
ALTER TABLE import_job ADD COLUMN verdict_code text;
-- Ended before verdicts were told; empty once the jobs of earlier releases are.
CREATE INDEX import_job_untold ON import_job (acd_id)
  WHERE state <> 'waiting' AND last_code IS NOT NULL AND verdict_code IS NULL;
