-- The rotation of keys asks every minute which keys are in use; with this it need not read every recording.
CREATE INDEX recording_generation_sealing_key ON recording_generation (split_part(sealed_key, '.', 2))
  WHERE sealed_key IS NOT NULL;
