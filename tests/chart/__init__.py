"""The Helm chart, its alerts and its dashboard, and the documents beside them."""
