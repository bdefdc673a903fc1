"""签到机: a touch screen in a hospital's hall, where people check in by a code or a number (ADR 1072).

A machine opens its signed link on the hospital's own host and may do one thing. What people see stands behind a handle
that dies when they go, at the latest after a minute and a half: no address, history or cookie says who was there.
"""
