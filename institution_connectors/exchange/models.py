"""Every message in and out of a hospital."""
