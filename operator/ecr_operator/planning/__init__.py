"""What should happen: pure functions from (desired, observed, now) to a plan, and from a plan to a status.

Nothing here reads a clock, sleeps or does I/O; the clock is an argument. Effects are data
(``changes``); whether they may be performed is part of the plan.
"""
