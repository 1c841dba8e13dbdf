-- Operations on many cards: undone in steps, by card; done by the worker too.

drop index card_ledger_operation;
create index card_ledger_operation on card_ledger (dataset_id, operation_id, card_id)
    where operation_id is not null;

-- The worker checks, as the web program does, who may be given the cards of a board.
create policy worker on dataset_access for select to leadboard_worker using (true);
grant select on dataset_access to leadboard_worker;
