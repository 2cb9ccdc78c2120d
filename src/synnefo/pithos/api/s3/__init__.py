"""The same buckets and objects as S3's clients know them. Spec: object-storage 18.2."""
