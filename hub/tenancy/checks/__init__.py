"""Rules of tenancy and of Citus that a machine can hold.

`declared.py` looks at models and migrations (Django system checks, no database), `catalogue.py` at what really stands
in the database, `source.py` at the text of the code.
"""
