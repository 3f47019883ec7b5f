"""Random sequences for lifecycle policies: EcrLifecyclePolicies, what they select, images, and who uses them.

The expectations are written from the API's documentation, and are kept beside the cluster step by step.
"""
