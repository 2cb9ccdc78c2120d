"""Permissions to upload by a web page's form, signed by the owner of an account.

Spec: object-storage 18.2, openstack-api 10.1.
"""

from collections.abc import Collection, Iterable, Mapping

import msgspec

from synnefo.kit.faults import BadRequest, Unauthorized
from synnefo.kit.units import is_number
from synnefo.pithos.domain.temp_urls import is_signature_of


class FormTicket(msgspec.Struct, frozen=True, kw_only=True):
    """What a form says about itself; sizes in bytes, times in seconds since 1970."""

    redirect: str
    largest: int
    most: int
    expires: int
    signature: str

    def check(self, paths: Iterable[str], keys: Iterable[str], digests: Collection[str]) -> None:
        """Refuse a form that no key signed for any of the paths."""
        facts = (self.redirect, str(self.largest), str(self.most), str(self.expires))
        texts = ["\n".join((path, *facts)) for path in paths]
        if not is_signature_of(self.signature, texts, keys, digests):
            raise Unauthorized("FormPost: Invalid Signature. Ask for another form.")


def ticket_of(fields: Mapping[str, str]) -> FormTicket:
    """Read the fields that stand before the files; BadRequest where one is missing."""
    numbers = {}
    for name in ("max_file_size", "max_file_count", "expires"):
        text = fields.get(name, "")
        if not is_number(text) or len(text) > 18:
            raise BadRequest(f"The form's field '{name}' is a whole number.")
        numbers[name] = int(text)
    return FormTicket(
        redirect=fields.get("redirect", ""),
        largest=numbers["max_file_size"],
        most=numbers["max_file_count"],
        expires=numbers["expires"],
        signature=fields.get("signature", ""),
    )
