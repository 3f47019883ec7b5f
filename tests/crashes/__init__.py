"""Faults at every write of the operator, after Sieve (OSDI 2022).

A crash between two writes, a stale view of the API server, an event that is never seen: what becomes of it in
the end is what becomes of it without the fault.
"""
