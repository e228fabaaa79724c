"""Form artifacts: answers to a template's questions, some of which the system fills in (brightspace 4.5, 6).

The public API has no route that makes one, so an operator does (`ops form create`). The answers are kept twice: as
fields, and as the markup that packages and pages show.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.artifact import ObjectDraft, check_draft
from chalicelib.domain.epobject import NAME_LIMIT, EpObject, FormFacts, FormField, Kind
from chalicelib.domain.errors import ConflictError, InvalidError
from chalicelib.domain.person import User
from chalicelib.domain.portfolio import TRIES, check_description
from chalicelib.domain.ports import Clock, Created, Ids, ObjectStore

SYSTEM_FIELDS = ("email", "first_name", "last_name", "name")
"""Facts of its owner that a field may show."""
FIELD_LIMIT = 200
"""Fields of a form."""


class Subject(Protocol):
    """Whose form it is."""

    @property
    def email(self) -> str:
        """Their address."""

    @property
    def first_name(self) -> str:
        """Their first name."""

    @property
    def last_name(self) -> str:
        """Their last name."""

    @property
    def name(self) -> str:
        """Their whole name."""


class FormService(Struct, frozen=True):
    """Making form artifacts."""

    objects: ObjectStore
    clock: Clock
    ids: Ids

    def create(self, owner: User, draft: ObjectDraft, template: str, fields: Sequence[FormField]) -> EpObject:
        """A new form artifact of a user. Raises InvalidError."""
        check_draft(draft)
        facts = checked(FormFacts(template=template, fields=tuple(fields)))
        for _ in range(TRIES):
            now = self.clock.now()
            made = EpObject(
                id=self.ids.new(),
                owner_id=owner.id,
                kind=Kind.FORM,
                name=draft.name,
                description=draft.description,
                tags=tuple(dict.fromkeys(draft.tags)),
                created_at=now,
                updated_at=now,
                added_at=now,
            )
            made = with_answers(made, facts, owner)
            try:
                self.objects.apply([Created(made)])
            except ConflictError:
                continue
            return made
        raise ConflictError("No free object id was found; try again.")


def checked(facts: FormFacts) -> FormFacts:
    """A form within the rules. Raises InvalidError."""
    if not 0 < len(facts.fields) <= FIELD_LIMIT:
        raise InvalidError(f"A form has 1 to {FIELD_LIMIT} fields.", field="fields")
    if len(facts.template) > NAME_LIMIT:
        raise InvalidError(f"template must have at most {NAME_LIMIT} characters.", field="template")
    for one in facts.fields:
        if not one.label.strip() or len(one.label) > NAME_LIMIT:
            raise InvalidError(f"A field's label has 1 to {NAME_LIMIT} characters.", field="label")
        if one.system and one.system not in SYSTEM_FIELDS:
            raise InvalidError(f"system must be one of {', '.join(SYSTEM_FIELDS)}.", field="system")
        check_description(one.value, "value")
    return facts


def with_answers(one: EpObject, facts: FormFacts, owner: Subject) -> EpObject:
    """The object with those answers, what the system fills in as its owner has it now."""
    fields = tuple(
        replace(field, value=getattr(owner, field.system)) if field.system else field for field in facts.fields
    )
    rows = "".join(f"<dt>{escape(field.label)}</dt><dd>{escape(field.value)}</dd>" for field in fields)
    return replace(one, form=replace(facts, fields=fields), content=f"<dl>{rows}</dl>", content_type="html")
