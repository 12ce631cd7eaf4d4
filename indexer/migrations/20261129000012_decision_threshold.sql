-- What a decision needs is settled when it is proposed, and its number is its proposer's.

alter table decision add column threshold bigint not null default 0;

drop index decision_executed;
