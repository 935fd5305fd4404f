-- Which log a position belongs to (the broker's id of the topic): a log made anew may hold the same offsets.
ALTER TABLE consumed_offset ADD COLUMN log_id uuid;

-- The event's type as its writer knew it, so that a relay of another version publishes it under the right one.
ALTER TABLE outbox ADD COLUMN type text;
