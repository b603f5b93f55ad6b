-- +goose Up
-- Search by three-letter pieces, so that a part of a Finnish compound is found.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX listings_words ON listings USING gin (words gin_trgm_ops) WHERE state = 'live' AND NOT hidden;

-- +goose Down
DROP INDEX listings_words;
