"""Every connection to the outside: where it may lead, how much it may bring back. Start at `policy.py` and `http.py`.

Holds: no address of our own services, of this machine or of its link is ever called, whatever a form or a name server
says; redirects are not followed; an answer is read up to a limit counted after unpacking.
"""
