"""Setting who else may see an object. Spec: object-storage 10, 11."""

import secrets

from synnefo.kit import conf
from synnefo.kit.faults import ItemNotFound
from synnefo.pithos.domain.links import id_of
from synnefo.pithos.domain.places import Place
from synnefo.pithos.domain.sharing import Sharing, parsed
from synnefo.pithos.models import Container, Grant, Node, Public
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases.found import Found, look


def apply(found: Found, sharing: str | None, is_public: bool | None) -> None:
    """Set what the headers of a write ask for, in its transaction."""
    if sharing is None and is_public is None:
        return
    node = Node.objects.get(container_id=found.box.id, name=found.place.name)
    if sharing is not None:
        set_sharing(node, parsed(sharing))
    if is_public is not None:
        _set_public(node, is_public=is_public)


def set_sharing(node: Node, sharing: Sharing) -> None:
    """Replace an object's permission record; an empty one removes it."""
    Grant.objects.filter(node=node).delete()
    lists = ((sharing.read, False), (sharing.write, True))
    Grant.objects.bulk_create(
        Grant(node=node, holder=holder, is_write=is_write)
        for holders, is_write in lists
        for holder in holders
    )
    if sharing:
        Container.objects.filter(pk=node.container_id, is_shared=False).update(is_shared=True)


def _set_public(node: Node, *, is_public: bool) -> None:
    if not is_public:
        Public.objects.filter(node=node).delete()
    elif not Public.objects.filter(node=node).exists():
        Public.objects.create(node=node, url_id=new_address())


def new_address() -> str:
    """Think of a public address that nothing has yet."""
    settings = conf.of(PithosSettings)
    size = settings.pithos_public_url_security
    while True:
        found = id_of(secrets.token_bytes(size), settings.pithos_public_url_alphabet)
        if not Public.objects.filter(url_id=found).exists():
            return found
        size += 1


def public_object(url_id: str) -> Found:
    """Find the object behind a public address; ItemNotFound whatever is wrong."""
    row = Public.objects.select_related("node__container").filter(url_id=url_id).first()
    if row is None:
        raise ItemNotFound("Object does not exist.")
    container = row.node.container
    return look(Place(container.account, container.name, row.node.name))
