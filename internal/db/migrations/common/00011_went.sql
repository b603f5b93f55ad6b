-- +goose Up

-- When the first message of a step left the house, or when it was decided if it
-- is for the app alone; 0: not yet. Whoever waits is told then.
ALTER TABLE nudges ADD COLUMN went_at BIGINT NOT NULL DEFAULT 0;
UPDATE nudges SET went_at = decided_at WHERE verdict = 'sent';

-- +goose Down
ALTER TABLE nudges DROP COLUMN went_at;
