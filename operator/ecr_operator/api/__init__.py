"""What users write: the kinds as pydantic models, and the generator of their CRDs.

Here live shapes, bounds and the rules that the API server enforces (CEL). No I/O, no clock, no
decision about AWS. Field descriptions are attribute docstrings; they become the CRDs' text.
"""
