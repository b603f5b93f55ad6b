-- +goose Up
-- Full-text search by three-letter pieces, so that a part of a Finnish compound
-- is found. Row ids are the listings' seq: newest first is the index's own order.
CREATE VIRTUAL TABLE listing_search USING fts5 (words, content = '', contentless_delete = 1, tokenize = 'trigram');

-- +goose Down
DROP TABLE listing_search;
