"""The embedded services, storage, logs, metrics, health, event streams, and the tools behind make."""
