"""How the hub runs: the state of its services and their history, the scene of every fault, who used what.

Holds: a fault keeps its scene even when the database is what failed (a file waits until it is back); nothing of it is
personal: inputs are kept by their shape. Start at `faults.py` and `watching.py`.
"""
