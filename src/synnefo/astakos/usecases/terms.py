"""Terms of use: versions, and who agreed to the latest. Spec: identity 2.4, 13.9."""

from pathlib import Path

from django.db import transaction

from synnefo.astakos.domain.plain_html import cleaned
from synnefo.astakos.models import DATABASE, ApprovalTerms, User
from synnefo.astakos.usecases import audit, messages
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, Fault, ItemNotFound

LONGEST = 2 * 1024 * 1024


def latest() -> ApprovalTerms | None:
    """Answer the version that counts; None when there are no terms."""
    return ApprovalTerms.objects.order_by("-pk").first()


def find(number: int | None = None) -> ApprovalTerms:
    """Answer one version, the latest if none is named; ItemNotFound when there is none."""
    found = latest() if number is None else ApprovalTerms.objects.filter(pk=number).first()
    if found is None:
        raise ItemNotFound(messages.say("NO_APPROVAL_TERMS"))
    return found


def text(terms: ApprovalTerms) -> str:
    """Read a version's words; a file that went away is a fault of ours."""
    try:
        return cleaned(Path(terms.location).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Fault(messages.say("GENERIC_ERROR")) from error


def add(file: Path) -> ApprovalTerms:
    """Bring a new version into force: everybody has to agree anew. BadRequest if unreadable."""
    path = file.resolve()
    try:
        if len(path.read_text(encoding="utf-8")) > LONGEST:
            raise BadRequest(f"{path} is larger than {LONGEST} characters.")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(f"{path} cannot be read as text: {error}.") from error
    with transaction.atomic(using=DATABASE):
        made = ApprovalTerms.objects.create(location=str(path))
        User.objects.filter(has_signed_terms=True).update(
            has_signed_terms=False, date_signed_terms=None
        )
        audit.record("terms.added", terms=made.pk, location=str(path))
    return made


def sign(user: User, number: int | None = None) -> None:
    """Note that somebody agrees to the latest terms; BadRequest when they read older ones."""
    with transaction.atomic(using=DATABASE):
        current = latest()
        if number is not None and current is not None and number != current.pk:
            raise BadRequest("The terms changed in the meantime. Read them again, please.")
        if user.has_signed_terms:
            return
        User.objects.filter(pk=user.pk).update(has_signed_terms=True, date_signed_terms=now())
        audit.record("terms.signed", subject=user, terms=current.pk if current else None)
    user.refresh_from_db(fields=["has_signed_terms", "date_signed_terms"])
