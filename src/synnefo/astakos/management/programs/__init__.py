"""Programs beside `snf-manage`. Spec: identity 16.11."""
