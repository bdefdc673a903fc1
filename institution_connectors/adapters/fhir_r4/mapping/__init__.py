"""The words of the dialect: resources out of requests, results out of resources, facts out of notifications."""
