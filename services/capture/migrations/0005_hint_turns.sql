-- When an ACD may next be asked for hinted tasks, by any replica, and how many questions in a row were of no use.
CREATE TABLE hint_turn (
  acd_id uuid PRIMARY KEY REFERENCES acd (acd_id),
  next_question_at_ms bigint NOT NULL DEFAULT 0,
  fruitless integer NOT NULL DEFAULT 0
);
INSERT INTO hint_turn (acd_id) SELECT acd_id FROM poll_state;
