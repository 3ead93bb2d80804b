-- One row per account in a cluster of the newest detection.
create table cluster_members as
select cluster_id, account_id, owner_id, strength_millibits, flagged, spared
from house.cluster_members
order by cluster_id, account_id;

comment on table cluster_members is 'One row per cluster and account.';
comment on column cluster_members.cluster_id is 'The cluster.';
comment on column cluster_members.account_id is 'A member.';
comment on column cluster_members.owner_id is 'Owner of that account.';
comment on column cluster_members.strength_millibits is 'Weight of the evidence that ties it to the cluster, in thousandths of a bit.';
comment on column cluster_members.flagged is 'Whether its owner came before a moderator with the cluster.';
comment on column cluster_members.spared is 'Why nobody is asked about its owner: declared, market_maker or tolerated by the policy, or a bridge that hardly belongs to the cluster; else null.';
