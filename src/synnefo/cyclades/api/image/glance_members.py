"""Glance v2: whom an image is shared with. Spec: openstack-api 7."""

import msgspec

from synnefo.cyclades.api.image.views import View, of_member
from synnefo.cyclades.domain.images import Image, MemberStatus
from synnefo.cyclades.usecases import images
from synnefo.kit.faults import Forbidden, ItemNotFound
from synnefo.serve.http import Call


class NewMember(msgspec.Struct):
    """The body of POST …/members."""

    member: str


class Answered(msgspec.Struct):
    """The body of PUT …/members/ID."""

    status: MemberStatus


def list_members(call: Call, image_id: str) -> View:
    """List whom an image is shared with; those it is shared with see themselves."""
    image = images.visible(call.who, image_id)
    shown = [of_member(image, member) for member in _known(call, image)]
    return {"members": shown, "schema": "/v2/schemas/members"}


def _known(call: Call, image: Image) -> list[str]:
    if image.owner == call.who.user_id:
        return list(image.members)
    return [m for m in image.members if m in {call.who.user_id, call.who.project_id}]


def show_member(call: Call, image_id: str, member_id: str) -> View:
    """Show one whom an image is shared with."""
    image = images.visible(call.who, image_id)
    if member_id not in _known(call, image):
        raise ItemNotFound(f"The image is not shared with '{member_id}'.")
    return of_member(image, member_id)


def add_member(call: Call, image_id: str, body: NewMember) -> View:
    """Share an image with somebody."""
    return of_member(images.add_member(call.who, image_id, body.member), body.member)


def answer(call: Call, image_id: str, member_id: str, body: Answered) -> View:
    """Accept or reject an image that was shared with the caller."""
    if member_id not in {call.who.user_id, call.who.project_id}:
        raise Forbidden("Only those whom an image is shared with may accept it.")
    image = images.answer_sharing(call.who, image_id, body.status)
    return of_member(image, member_id)


def remove_member(call: Call, image_id: str, member_id: str) -> None:
    """Stop sharing an image with somebody."""
    image = images.visible(call.who, image_id)
    if member_id not in image.members:
        raise ItemNotFound(f"The image is not shared with '{member_id}'.")
    images.remove_member(call.who, image_id, member_id)
