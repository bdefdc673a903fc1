"""Ciphers, keys, masking, headers, sealed page values."""
