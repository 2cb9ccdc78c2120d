"""Fill a cloud with people, projects and applications: run inside `snf-manage shell`."""

from datetime import timedelta

from synnefo.astakos.domain.applications import Capacity, Wish
from synnefo.astakos.domain.definitions import ResourceDef
from synnefo.astakos.models import Holding, Project, User
from synnefo.astakos.usecases import (
    applications,
    audit,
    groups,
    memberships,
    registry,
    tokens,
    users,
)
from synnefo.kit.clock import now

GIB = 2**30
NAMES = ["Ada Byron", "Grace Hopper", "Νίκος Παπαδόπουλος", "Alan Turing", "Emmy Noether"]


def fill() -> None:
    """Add everything."""
    resources = {
        "cyclades.vm": ("compute", "cyclades_compute", None, 5),
        "cyclades.ram": ("compute", "cyclades_compute", "bytes", 8 * GIB),
        "pithos.diskspace": ("object-store", "pithos_object-store", "bytes", 20 * GIB),
        "astakos.pending_app": ("account", "astakos_account", None, 3),
    }
    registry.import_resources(
        [
            ResourceDef(
                name=name,
                service_type=kind,
                service_origin=origin,
                unit=unit,
                system_default=limit,
                desc=f"What is counted as {name}",
            )
            for name, (kind, origin, unit, limit) in resources.items()
        ]
    )
    for number in range(60):
        first, last = NAMES[number % 5].split()
        user = users.add(
            users.NewUser(email=f"user{number:02}@example.org", first_name=first, last_name=last)
        )
        if number % 7 != 0:
            users.verify(user)
        if number % 7 > 2:
            users.accept(user)
        if number % 7 == 2:
            users.reject(user, "Not a member of this university")
    users.deactivate(users.find("user03@example.org"), "Left the laboratory")
    _projects()


def _projects() -> None:
    owner, member = users.find("user04@example.org"), users.find("user05@example.org")
    groups.change(owner, ["laboratory", "admin-api"], [])
    tokens.renew(owner)
    for number, name in enumerate(["genome.example.org", "weather.example.org"]):
        wish = Wish(
            name=name,
            description="Where the measurements of the summer are kept.",
            end_date=now() + timedelta(days=300),
            comments="We need this for the project that starts in May.",
            resources={"cyclades.vm": Capacity(4, 40), "cyclades.ram": Capacity(GIB, 64 * GIB)},
        )
        one = applications.apply(wish, owner)
        if number == 0:
            applications.act(one, applications.ApplicationAction.APPROVE)
            place = Project.objects.get(pk=one.chain_id)
            memberships.enroll(place, member.email)
            more = Wish(resources={"cyclades.vm": Capacity(8, 80)}, comments="More, please.")
            applications.apply_to_modify(place, more, owner)
    Holding.objects.filter(holder=f"user:{member.uuid}", resource="cyclades.vm").update(
        usage_min=9, usage_max=9
    )
    audit.seal_all()
    assert User.objects.count() > 50


fill()
