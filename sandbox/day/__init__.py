"""A day in the district: residents who book and come, and doctors who call them, all by the hub's public interfaces.

`python -m sandbox.day --config var/sandbox.json --pace 1 --residents 40`. One pace is about twenty acts of residents a
minute. Stops at SIGTERM within a second; a hub that is away is waited for.
"""
