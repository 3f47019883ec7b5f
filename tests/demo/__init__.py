"""`python -m tests.demo`: the operator on a real API server and a fake AWS, told step by step.

- `narrator`: what is printed, for a terminal and for a file.
- `world`: what runs: a control plane, a fake AWS, the operator (`tests.operator_process`).
- `commands`: kubectl as a user types it, shown and run. `by_hand`: what a person does to AWS.
- `story`: the steps; those of lifecycle policies are in `lifecycle`, those of scans in `scans`. They show
  the samples of `deploy/samples/` and the manifests beside this file.

The demo is a test too: each step ends in a state that it waits for, and another one fails it.
"""
