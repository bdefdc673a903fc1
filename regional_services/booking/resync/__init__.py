"""Bringing a hospital in step after something came back from an earlier day (practice 20).

`judging` compares, `running` carries a run from its start to the opening of the hospital, `reading` shows it.
"""
