"""How objects hang together: associations, learning objectives, comments (brightspace 4.1, 6).

A learning objective is a Leap2A `ability`; what supports it or is evidence of it is associated with it. A comment is an
entry that Mahara would read as one: it reflects on what it is about and says that it is a comment. Both are kept as
items with relations, so packages carry them like any other entry.
"""

from __future__ import annotations

from msgspec import Struct, field

from chalicelib.domain.epobject import Element, EpObject, Kind

OBJECTIVE_TYPE = "ability"
OBJECTIVE_LINKS = ("has_evidence", "supported_by", "supports")
"""Relations by which a learning objective is associated with others (EPASSOC_T 2)."""
TO_OBJECTIVE = ("is_evidence_of", "supports", "supported_by")
"""The same, seen from the others."""
COMMENT_PLUGIN = Element("mahara:artefactplugin", attributes=(("mahara:plugin", "comment"), ("mahara:type", "comment")))
"""By which Mahara knows a comment (leap2a 4)."""


def is_objective(one: EpObject) -> bool:
    """Whether an object is a learning objective (EPOBJ_T 600)."""
    return one.kind is Kind.ITEM and one.carried.type == OBJECTIVE_TYPE


def commented_id(one: EpObject) -> int | None:
    """Id of the object that this one is a comment on; None when it is no comment."""
    if one.kind is not Kind.ITEM:
        return None
    if any(_comments(element) for element in one.carried.elements):
        return next(iter((*one.targets("reflects_on"), *one.targets("in_reply_to"))), None)
    return next(iter(one.targets("in_reply_to")), None)


def _comments(element: Element) -> bool:
    values = {name.rpartition(":")[2]: value for name, value in element.attributes}
    return element.tag == COMMENT_PLUGIN.tag and values.get("plugin") == "comment"


class Associates(Struct, frozen=True):
    """Ids one hop from some objects: associated with them for sure, or only if they turn out to be of a kind."""

    certain: set[int] = field(default_factory=set)
    reflections: set[int] = field(default_factory=set)
    """Associated if they are reflections."""
    objectives: set[int] = field(default_factory=set)
    """Associated if they are learning objectives."""

    @property
    def ids(self) -> set[int]:
        """All of them."""
        return self.certain | self.reflections | self.objectives

    def add(self, one: EpObject) -> None:
        """Take in what one object states."""
        if one.kind is Kind.REFLECTION:
            self.certain.update(one.targets("reflects_on"))
        self.reflections.update(one.targets("reflected_on_by"))
        mine, found = (OBJECTIVE_LINKS, self.certain) if is_objective(one) else (TO_OBJECTIVE, self.objectives)
        found.update(target for rel in mine for target in one.targets(rel))
