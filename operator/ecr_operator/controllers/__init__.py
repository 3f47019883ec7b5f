"""One reconcile per kind: observe, plan, fence, perform, status.

Here the layers meet. A controller holds no rule of its own: what should happen is asked of
``planning``, what is there of ``aws`` and ``kube``.
"""
