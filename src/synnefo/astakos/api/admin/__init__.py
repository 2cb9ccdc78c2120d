"""The administrative API. Spec: identity 10."""
