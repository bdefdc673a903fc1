"""Sign-in of residents and staff, on real PostgreSQL, Redis and HTTP."""
