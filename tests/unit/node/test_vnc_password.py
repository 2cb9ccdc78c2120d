"""DES as VNC uses it."""

from synnefo.node.vnc_password import encrypt, response


def test_des_agrees_with_published_vectors() -> None:
    vectors = (
        ("0123456789abcdef", "133457799bbcdff1", "85e813540f0ab405"),
        ("0000000000000000", "0000000000000000", "8ca64de9c1b123a7"),
        ("ffffffffffffffff", "ffffffffffffffff", "7359b2163e4edc58"),
    )
    for plain, key, cipher in vectors:
        assert encrypt(bytes.fromhex(plain), bytes.fromhex(key)).hex() == cipher


def test_only_eight_characters_of_a_password_count() -> None:
    challenge = bytes(range(16))
    assert response(challenge, "12345678") == response(challenge, "123456789")
    assert response(challenge, "1234567") != response(challenge, "12345678")
    assert len(response(challenge, "")) == 16
