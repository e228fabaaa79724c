"""What only this service's packages say, read with distrust: a presentation's banner, the answers in a form."""

from __future__ import annotations

from msgspec.structs import replace

from chalicelib.domain.epobject import (
    DESCRIPTION_LIMIT,
    NAME_LIMIT,
    EpObject,
    FormFacts,
    FormField,
    Kind,
    PortfolioFacts,
)
from chalicelib.domain.errors import InvalidError
from chalicelib.domain.form import SYSTEM_FIELDS, checked, with_answers
from chalicelib.packages.leap2a.entry import Facts
from chalicelib.packages.leap2a.model import Owner


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
