-- +goose Up
-- Search by three-letter pieces, so that a part of a Finnish compound is found:
-- which listings of a block of consecutive seqs hold a piece. A set may name
-- too many (sold or edited since), never too few but for those that wait.
CREATE TABLE search_pieces (
	block BIGINT NOT NULL,                          -- seq / 16384
	piece TEXT   NOT NULL,                          -- three letters, the first may be the space before a word; '': all of the block
	bits  BYTEA  NOT NULL,                          -- 2048 bytes: a bit a listing; fewer: two bytes a listing
	PRIMARY KEY (block, piece)
);
ALTER TABLE search_pieces ALTER COLUMN bits SET STORAGE PLAIN; -- in the row, uncompressed: read at once

-- +goose Down
DROP TABLE search_pieces;
