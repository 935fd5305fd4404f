-- The last poll took long: such ACDs leave places to the others.
ALTER TABLE poll_state ADD COLUMN was_slow boolean NOT NULL DEFAULT false;
