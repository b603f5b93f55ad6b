-- +goose Up

-- The session in which a browser subscribed to push messages, by the hash of its
-- token; '' when it is not known. When a person ends the session its browser gets
-- no more messages.
ALTER TABLE push_subscriptions ADD COLUMN session TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE push_subscriptions DROP COLUMN session;
