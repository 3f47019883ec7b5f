"""The Resource Groups Tagging API, as far as it concerns ECR repositories."""
