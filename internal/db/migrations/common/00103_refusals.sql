-- +goose Up

-- How often the provider has refused a movement. It repeats the answer to a key
-- for a day, so what was refused is asked for under another one.
ALTER TABLE movements ADD COLUMN refusals BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE movements DROP COLUMN refusals;
