"""The scripts of the demonstration image that read JSON and YAML, run by busybox."""

import subprocess
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synnefo.node import demo_image

pytestmark = pytest.mark.e2e

SCRIPTS = Path(demo_image.__file__).parent / "guest" / "root" / "usr" / "lib" / "guest"
NAMES = st.text("abcXYZ09._@-", min_size=1, max_size=8)
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\x00"),
    max_size=40,
)
VALUES = st.recursive(
    TEXTS | st.integers(-1000, 10**9) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


def flatten(flavour: str, document: bytes) -> dict[str, str]:
    """Run a script and undo the escapes that the guest's printf undoes."""
    command = ["busybox", "awk", "-f", str(SCRIPTS / f"{flavour}.awk")]
    shown = subprocess.run(command, input=document, capture_output=True, check=True).stdout
    pairs = [line.partition("\t") for line in shown.decode().split("\n") if line]
    return {path: unescaped(value) for path, _, value in pairs}


def unescaped(text: str) -> str:
    plain = {"\\": "\\", "n": "\n", "t": "\t", "r": "\r"}
    pieces, at = "", 0
    while at < len(text):
        if text[at] == "\\":
            pieces += plain[text[at + 1]]
            at += 2
        else:
            pieces += text[at]
            at += 1
    return pieces


def expected(value: object, path: str = "") -> dict[str, str]:
    if isinstance(value, dict):
        inside = [expected(v, f"{path}/{k}" if path else k) for k, v in value.items()]
    elif isinstance(value, list):
        inside = [expected(v, f"{path}/{i}" if path else str(i)) for i, v in enumerate(value)]
    elif isinstance(value, bool):
        return {path: str(value).lower()}
    else:
        return {path: str(value)}
    return {k: v for one in inside for k, v in one.items()}


@settings(max_examples=150, deadline=None)
@given(document=st.dictionaries(NAMES, VALUES, max_size=4))
def test_any_json_is_read_as_it_was_meant(document: dict[str, object]) -> None:
    assert flatten("json", msgspec.json.encode(document)) == expected(document)


def test_json_escapes_and_layout_do_not_matter() -> None:
    document = b'{\n "a" : [ "\\u00e9\\u20ac\\/\\"\\ud83d\\ude00" ,\t{ "b":null } ] , "c":{} }\n'
    assert flatten("json", document) == {"a/0": 'é€/"😀', "a/1/b": "null"}


CLOUD_CONFIG = b"""#cloud-config
hostname: blue   # a comment
ssh_authorized_keys:
  - ssh-ed25519 AAAA me@x
  - "ssh-ed25519 \\"q\\" BB"
write_files:
- path: /etc/a
  content: |
    line one
      two \\ back\ttab

    three: x
  permissions: '0600'
- content: aGVsbG8=
  encoding: b64
  path: /b
runcmd:
- echo hi > /x
- [ls, -l, "a b", 'c, d']
-
  - nested
  - it''s
- - one
  - 'it''s'
- |
  several
  lines
users: []
final: >-
  folded
  text
"""


def test_cloud_config_is_read_as_people_write_it() -> None:
    assert flatten("yaml", CLOUD_CONFIG) == {
        "hostname": "blue",
        "ssh_authorized_keys/0": "ssh-ed25519 AAAA me@x",
        "ssh_authorized_keys/1": 'ssh-ed25519 "q" BB',
        "write_files/0/path": "/etc/a",
        "write_files/0/content": "line one\n  two \\ back\ttab\n\nthree: x\n",
        "write_files/0/permissions": "0600",
        "write_files/1/content": "aGVsbG8=",
        "write_files/1/encoding": "b64",
        "write_files/1/path": "/b",
        "runcmd/0": "echo hi > /x",
        "runcmd/1/0": "ls",
        "runcmd/1/1": "-l",
        "runcmd/1/2": "a b",
        "runcmd/1/3": "c, d",
        "runcmd/2/0": "nested",
        "runcmd/2/1": "it''s",
        "runcmd/3/0": "one",
        "runcmd/3/1": "it's",
        "runcmd/4": "several\nlines\n",
        "final": "folded text",
    }
