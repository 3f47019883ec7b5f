"""The benchmark: what the operator costs and how long it takes, beside what it may."""
