"""Which adapter serves which hospital."""
