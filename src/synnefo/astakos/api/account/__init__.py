"""The account API: quota, commissions, catalogues of users. Spec: identity 7 and 8."""
