"""Staff of the district's application support platform (JA-ADMIN-01): its accounts are ours, its sign-in opens ours.

Holds: the platform says who exists and who is disabled, never what anybody may do: roles stay with our security
administrator. A sign-in there stands for the password; the second factor is still asked here. No web thread calls the
platform: the relay trades the code, a task reads the list of users, and a push only makes that reading come at once.
"""
