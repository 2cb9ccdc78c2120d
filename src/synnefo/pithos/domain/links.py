"""Ids of public objects. Spec: object-storage 11.1."""


def id_of(secret: bytes, alphabet: str) -> str:
    """Write random bytes as a number in the alphabet, least significant digit first."""
    number, base = int.from_bytes(secret, "big"), len(alphabet)
    digits: list[str] = []
    while number or not digits:
        number, digit = divmod(number, base)
        digits.append(alphabet[digit])
    return "".join(digits)
