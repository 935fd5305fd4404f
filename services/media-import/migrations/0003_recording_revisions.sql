-- What the ACD said of a stored file, counted: it corrects clocks and participants after the fact.
ALTER TABLE recording ADD COLUMN revision integer NOT NULL DEFAULT 1;
