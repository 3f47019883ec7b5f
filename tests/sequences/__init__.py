"""Random sequences of specs against the running operator, after Acto (SOSP 2023).

From any state the desired one is reached; from an error it recovers; a mistake does no harm.
"""
