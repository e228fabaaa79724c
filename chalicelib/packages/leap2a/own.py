"""What only this service's packages say, read with distrust: banners, answers in forms, accreditations."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from chalicelib.domain.accreditation import CLASSIFICATIONS
from chalicelib.domain.attachment import ATTACHED_LIMIT
from chalicelib.domain.epobject import (
    DESCRIPTION_LIMIT,
    NAME_LIMIT,
    AccreditationFacts,
    EpObject,
    FormFacts,
    FormField,
    Kind,
    PortfolioFacts,
)
from chalicelib.domain.errors import InvalidError
from chalicelib.domain.form import SYSTEM_FIELDS, checked, with_answers
from chalicelib.domain.person import ADDRESS_LIMIT
from chalicelib.packages.leap2a import texts, vocabulary
from chalicelib.packages.leap2a.entry import Facts
from chalicelib.packages.leap2a.extension import PORTFOLIO_ID
from chalicelib.packages.leap2a.model import Owner
from chalicelib.packages.leap2a.scope import Scope


def with_banner(portfolio: PortfolioFacts, facts: Facts) -> PortfolioFacts:
    """The portfolio with the banner its entry states."""
    stated = facts.extension.banner if facts.extension else None
    if stated is None:
        return portfolio
    title, description = stated
    return replace(portfolio, banner_title=title[:NAME_LIMIT], banner_description=description[:DESCRIPTION_LIMIT])


def with_form(obj: EpObject, facts: Facts, owner: Owner) -> EpObject:
    """The form artifact with its answers; what the system fills in is that of the importing user (brightspace 4.5)."""
    stated = facts.extension.form if facts.extension else None
    if obj.kind is not Kind.FORM or not stated:
        return obj
    fields = tuple(
        FormField(label=label, value=value, system=system if system in SYSTEM_FIELDS else "")
        for label, value, system in stated
    )
    try:
        return with_answers(obj, checked(FormFacts(fields=fields)), owner)
    except InvalidError:
        return obj  # its text has the answers all the same


def with_accreditation(obj: EpObject, facts: Facts) -> EpObject:
    """The accreditation with what its entry says of its issue, none of which is checked."""
    stated = facts.extension.accreditation if facts.extension else None
    if obj.kind is not Kind.ACCREDITATION:
        return obj
    kind, issuer, issued, revoked = stated or ("", obj.author, "", False)
    issued_at, _ = texts.moment(issued)
    return replace(
        obj,
        accreditation=AccreditationFacts(
            classification=kind if kind in CLASSIFICATIONS else CLASSIFICATIONS[0],
            issuer=issuer[:ADDRESS_LIMIT],
            issued_at=issued_at or obj.created_at,
            revoked=revoked,
        ),
    )


def with_held(
    portfolio: PortfolioFacts, facts: Facts, scope: Scope, namespaces: Mapping[str | None, str]
) -> PortfolioFacts:
    """The portfolio with the accreditations of the package it holds, by id: their GUIDs are not made yet."""
    stated = facts.extension.held if facts.extension else None
    found = [scope.object_id(vocabulary.expand(PORTFOLIO_ID.format(id=one), namespaces)) for one in stated or ()]
    held = [str(one) for one in dict.fromkeys(found) if one is not None and scope.is_kind(one, Kind.ACCREDITATION)]
    return replace(portfolio, accreditation_ids=tuple(held[:ATTACHED_LIMIT]))
