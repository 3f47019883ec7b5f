"""Tokens for the registries' own HTTP API: those that were issued, and what each of them may do."""
