"""The container image, as far as it can be tested without Docker."""
