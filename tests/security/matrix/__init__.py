"""The authorisation matrix: routes, actors and example objects, derived from what the house itself declares."""
