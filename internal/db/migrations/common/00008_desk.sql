-- +goose Up

-- The desk's queue: open turns that lapse soon, and people whom no mail reaches.
CREATE INDEX turns_soon ON turns (due_at) WHERE closed_at = 0;
CREATE INDEX users_unconfirmed ON users (id) WHERE confirmed_at = 0 AND status <> 'deleted';

-- +goose Down
DROP INDEX users_unconfirmed;
DROP INDEX turns_soon;
