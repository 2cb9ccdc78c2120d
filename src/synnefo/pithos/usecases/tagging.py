"""Tags of objects, as S3 knows them: they hang on the path and go with the object.

Spec: object-storage 18.2.
"""

from collections.abc import Mapping

from django.db import transaction

from synnefo.kit.faults import BadRequest, ItemNotFound
from synnefo.pithos.models import Facet
from synnefo.pithos.usecases.found import Found, look, microseconds

DB = "pithos"
DOMAIN = "s3.tags"
MOST, LONGEST_KEY, LONGEST_VALUE = 10, 128, 256


def checked(tags: Mapping[str, str], *, most: int = MOST) -> dict[str, str]:
    """Refuse too many tags, or too long ones."""
    is_long = any(
        not 1 <= len(key) <= LONGEST_KEY or len(value) > LONGEST_VALUE
        for key, value in tags.items()
    )
    if len(tags) > most or is_long:
        raise BadRequest(
            f"At most {most} tags, of {LONGEST_KEY} and {LONGEST_VALUE} characters.",
            details="InvalidTag",
        )
    return dict(tags)


def of_object(found: Found) -> dict[str, str]:
    """Read the tags of an object that is there."""
    rows = Facet.objects.filter(node_id=found.node_id or 0, domain=DOMAIN)
    return dict(rows.values_list("metadata", flat=True).first() or {})


def replace(found: Found, tags: Mapping[str, str]) -> None:
    """Give an object other tags, or none; ItemNotFound when it has gone."""
    node_id = look(found.place).node_id
    if node_id is None:
        raise ItemNotFound("The object has gone.", details="NoSuchKey")
    with transaction.atomic(using=DB):
        rows = Facet.objects.filter(node_id=node_id, domain=DOMAIN)
        if not tags:
            rows.delete()
            return
        Facet.objects.update_or_create(
            node_id=node_id,
            domain=DOMAIN,
            defaults={"metadata": checked(tags), "modified": microseconds()},
        )
