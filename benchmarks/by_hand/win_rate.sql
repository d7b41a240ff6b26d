select owner_id as party, grouping(owner_id) = 1 as is_total,
       count(*) filter (where is_won) as won, count(*) filter (where not is_won) as lost, count(*) filter (where is_won is null) as open_deals,
       count(*) filter (where is_won is null and expected_close_on >= date '2025-11-01' and expected_close_on < date '2026-11-01') as overdue,
       won + lost as n, won / n as rate, lost / n as loss_rate,
       greatest(0, (rate + 1.959963984540054 ** 2 / (2 * n) - 1.959963984540054 * sqrt(rate * (1 - rate) / n + 1.959963984540054 ** 2 / (4 * n * n))) / (1 + 1.959963984540054 ** 2 / n)) as low,
       least(1, (rate + 1.959963984540054 ** 2 / (2 * n) + 1.959963984540054 * sqrt(rate * (1 - rate) / n + 1.959963984540054 ** 2 / (4 * n * n))) / (1 + 1.959963984540054 ** 2 / n)) as high,
       n as used, open_deals as left_out
from deals d
where case when is_won is null then created_at < timestamp '2026-11-01' or created_at is null
           else closed_at >= timestamp '2025-11-01' and closed_at < timestamp '2026-11-01' end /*deals*/
group by grouping sets ((owner_id), ())
order by is_total, won desc, party
