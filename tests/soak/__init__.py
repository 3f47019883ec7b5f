"""`make soak`: random sequences and faults at every write, as long as there is time."""
