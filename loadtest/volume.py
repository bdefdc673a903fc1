"""A year of bookings of a whole district, written straight into the bench's own database."""

from __future__ import annotations

import time

from loadtest.database import Database

_BATCH = 100_000
_YEAR = 365

# Spread over a year and all institutions; states and money as a real year has them, more bookings by day than by night.
_BOOKINGS = """
INSERT INTO booking (id, number, account_id, person_id, session_id, number_id, department_id, department_name,
    doctor_name, visit_date, sequence, starts_at, ends_at, fee_fen, list_fee_fen, pricing, discount, pay_on_day,
    his_locked, channel, state, settlement, his, wish, reason, refusal, moving, moved_times, carried_fen, lent_fen,
    created_at, updated_at, institution_code)
SELECT gen_random_uuid(), 'V' || lpad(n::text, 12, '0'), md5('a' || n %% 50000)::uuid, md5('p' || n %% 50000)::uuid,
    md5('s' || n / 20)::uuid, gen_random_uuid(), d.department_id, d.name, '',
    (made + interval '3 days')::date, n %% 40 + 1, made + interval '3 days', made + interval '3 days 15 minutes',
    2500, 2500, 'list', '', false, false, 'app',
    CASE WHEN n %% 10 = 0 THEN 'cancelled' WHEN n %% 37 = 0 THEN 'failed'
         WHEN made < now() - interval '3 days' THEN 'fulfilled' ELSE 'booked' END,
    CASE WHEN n %% 10 = 0 THEN 'refunded' WHEN n %% 37 = 0 THEN 'free' ELSE 'paid' END,
    'registered', '', '', '', '', 0, 0, 0, made, made, d.institution_code
FROM (SELECT n, date_trunc('day', now()) - make_interval(days => (n * 7919 %% %(year)s)::int)
             + make_interval(secs => (6 * 3600 + n * 104729 %% 57600)::int) AS made
      FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n) AS x
JOIN (SELECT department_id, name, institution_code, row_number() OVER (ORDER BY department_id) - 1 AS place,
             count(*) OVER () AS many
      FROM regional_catalog_catalogdepartment WHERE NOT is_reserved) AS d ON d.place = x.n %% d.many
WHERE made < now()
"""


def fill(database: Database, bookings: int) -> tuple[int, float]:
    """Write so many bookings of the last year; how many there are, and the seconds it took."""
    begun = time.monotonic()
    for first in range(1, bookings + 1, _BATCH):
        last = min(first + _BATCH - 1, bookings)
        database.connection.execute(_BOOKINGS.encode(), {"first": first, "last": last, "year": _YEAR})
    database.settle()
    return int(database.value("SELECT count(*) FROM booking")), time.monotonic() - begun
