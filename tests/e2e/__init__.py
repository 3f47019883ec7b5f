"""The operator against a real API server and the fake AWS: what users see.

Each test has a namespace and a prefix of repository names of its own. A module's tests share one operator;
a test that needs other settings, other credentials or a death starts its own.
"""
