"""The fictional district: its 26 institutions, their connectors, the outside world's configuration, staff."""
