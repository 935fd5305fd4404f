-- Gaps are read in the order in which they are due, so that one that stays hides no other.
DROP INDEX window_ledger_gaps;
CREATE INDEX window_ledger_gaps ON window_ledger (acd_id, sweep, next_read_at_ms) WHERE state = 'gap';

-- Which organization at which address the ledger tells of; null: not noted yet.
ALTER TABLE poll_state ADD COLUMN ledger_source text;
