"""IAM: identity-based policy documents, and what each operation is authorised on."""
