"""Carrying out what is asked of hospitals: gate, adapters, decisions, pipeline."""
