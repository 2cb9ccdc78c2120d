"""OAuth 2.0 and weblogin. Spec: identity 11, 12.1."""
