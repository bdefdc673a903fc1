"""The rush at a release: waiting rooms, scalper rules."""
