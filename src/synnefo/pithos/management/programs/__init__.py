"""Programs beside `snf-manage`. Spec: operations 6.4."""
