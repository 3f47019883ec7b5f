"""The same faults at every write for lifecycle policies: to AWS, and of the status of both kinds."""
