"""Keys and secrets from pages: rotation with its re-encryption job, replacement of agreed secrets, all audited.

Holds: rotating is the security administrator's, a secret agreed with outsiders the system administrator's; no page ever
shows a key or a secret; a re-encryption can be stopped at any point and goes on from what the ciphertexts say.
"""
