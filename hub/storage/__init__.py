"""S3 objects, encrypted before they leave this process. No call here may happen inside a transaction."""
