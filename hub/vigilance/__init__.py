"""What the security administrator is told: unusual looks at records, alarms, and records opened in an emergency.

Holds: a flag never stops an act, it makes somebody answer for it; the same flag is raised once a day; an emergency has
a reason and an end, and everything done in it carries `break_glass` in the audit's role. Start at `services.py`.
"""
