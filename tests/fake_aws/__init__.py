"""An AWS for tests: moto 5.2.5 in a process of its own, extended where it is wrong or silent.

Every rule here is written from AWS's documentation (botocore's service models, the API reference, the User
Guide), and says where it is from; a rule that had to be inferred says "inferred". Nothing here may be written
from what the operator happens to expect: a simulator that agrees with the code under test proves nothing.

- ``http_server``, ``application``: HTTP/1.1, and the way of one call: recorded, delayed, through the gates,
  answered.
- ``call``, ``accounts``, ``temporary_keys``: what a request asks for, who asks, and until when; ``roles``:
  AssumeRole and its kin, whom roles trust, session policies, web identities.
- ``gates``: what stands before the effect, in order: ``outages``, ``clock``, ``faults``, ``rates``,
  ``permissions``, ``iam`` (policy documents); ``ledger``: what tests count.
- ``ecr``, ``ecr_public``, ``tagging``: the services that are answered here; all others are answered by moto's
  own server. ``tokens``: the registry tokens that both ECRs hand out, and what each of them may do.
- ``admin``, ``client``: the knobs (``/_fake/...``), and ``FakeAws``, which tests and the benchmark use;
  ``policy_admin``, ``policy_client``: those of policies and principals; ``trouble_admin``,
  ``trouble_client``: those of the gates; ``role_admin``, ``role_client``, ``token_admin``, ``token_client``.
"""
