-- One row per account with activity in the window: a counted trade, or a balance that stood.
select account_id from fills_rollup
union
select account_id from steps where units <> 0
