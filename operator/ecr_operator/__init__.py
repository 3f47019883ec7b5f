"""A Kubernetes operator that makes Amazon ECR declarative.

Layers, from the top: ``cli > process > controllers > (aws | kube) > planning > api``. ``engine`` is a
work queue that knows nothing of ECR; ``reasons``, ``settings`` and ``metrics`` are leaves that every
layer may import. import-linter enforces this (pyproject.toml).
"""
