"""How long the district keeps what: the rules are declared by the apps, the periods in force are data.

Holds: no period below its legal minimum or above what people were promised; a rule under legal hold removes nothing;
every clean-up asks here for the instant before which rows may go (`services.before`). Start at `rules.py`.
"""
