-- +goose Up

-- Indexes for what is asked most. Of messages only those that wait are looked
-- for by person, and only those that failed by time.
DROP INDEX deliveries_state;
CREATE INDEX deliveries_failed ON deliveries (created_at) WHERE state = 'failed';
CREATE INDEX deliveries_waiting ON deliveries (user_id) WHERE next_at > 0;
DROP INDEX deliveries_turn;
CREATE INDEX deliveries_turn ON deliveries (turn_id, user_id);

-- The offers of a conversation.
CREATE INDEX offers_conversation ON offers (conversation_id, created_at);

-- What the provider's messages name, and what goes to a person.
CREATE INDEX movements_provider ON movements (provider_id);
CREATE INDEX movements_stray ON movements (charge_id) WHERE charge_id <> '';
CREATE INDEX movements_to ON movements (to_id);
CREATE INDEX payments_charge ON payments (charge_id);

-- Who posted something lately, and is measured anew.
CREATE INDEX orders_posted ON orders (posted_at) WHERE posted_at > 0;

-- Who muted a trade.
CREATE INDEX mutes_subject ON mutes (subject);

-- Which ways out of the house an address is closed to.
CREATE INDEX opt_outs_address ON opt_outs (address);

-- +goose Down
DROP INDEX opt_outs_address;
DROP INDEX mutes_subject;
DROP INDEX orders_posted;
DROP INDEX payments_charge;
DROP INDEX movements_to;
DROP INDEX movements_stray;
DROP INDEX movements_provider;
DROP INDEX offers_conversation;
DROP INDEX deliveries_waiting;
DROP INDEX deliveries_failed;
DROP INDEX deliveries_turn;
CREATE INDEX deliveries_turn ON deliveries (turn_id);
CREATE INDEX deliveries_state ON deliveries (state, created_at);
