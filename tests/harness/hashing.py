"""Passwords of tests."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    """Argon2 that costs half a millisecond instead of 200: a test makes many people and nobody attacks them."""

    time_cost = 1
    memory_cost = 1024
    parallelism = 1
