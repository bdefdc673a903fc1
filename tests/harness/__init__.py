"""What tests run on: services of their own, databases copied from a template, threads that clean up."""
