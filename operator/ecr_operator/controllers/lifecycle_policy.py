"""The reconcile of an EcrLifecyclePolicy: it only sums up what the repositories say.

What a policy does to a repository in AWS is the EcrRepository's reconcile.
"""
