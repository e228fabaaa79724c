"""Lists of users or accounts as clients name them: looked up together, unknown ones left out (canvas-b 0.2).

Whether an account is the one whose GUID was given is seen when it is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chalicelib.domain.epobject import NAME_LIMIT
from chalicelib.domain.identity import id_in, parse_guid
from chalicelib.domain.ports_people import PeopleStore
from chalicelib.domain.reference import ACCOUNT_SCHEMES, GUID_SCHEMES, ID_DIGITS, USER_SCHEMES, unhexed


def known_ids(
    people: PeopleStore, root_id: int, *, users: Sequence[str] = (), accounts: Sequence[str] = ()
) -> tuple[dict[str, int], dict[str, int]]:
    """Ids of users and of accounts, by what the client wrote; one call, when there are names among them."""
    asked = (_Asked(users, USER_SCHEMES), _Asked(accounts, ACCOUNT_SCHEMES))
    names = list(dict.fromkeys(name for one in asked for name in one.named.values()))
    ids = people.resolve_all(root_id, names) if names else {}
    found = [one.numbers | {said: ids[name] for said, name in one.named.items() if name in ids} for one in asked]
    return found[0], found[1]


class _Asked:
    """What was asked for: numbers, and names to be looked up."""

    def __init__(self, references: Sequence[str], schemes: Mapping[str, str]) -> None:
        self.numbers: dict[str, int] = {}
        self.named: dict[str, tuple[str, str]] = {}
        for reference in references:
            scheme, colon, value = unhexed(reference).partition(":")
            if reference.isascii() and reference.isdigit():
                if len(reference) <= ID_DIGITS:
                    self.numbers[reference] = int(reference)
            elif scheme in GUID_SCHEMES and schemes is ACCOUNT_SCHEMES and (guid := parse_guid(value)):
                self.numbers[reference] = id_in(guid)
            elif colon and scheme in schemes and 0 < len(value) <= NAME_LIMIT:
                self.named[reference] = (schemes[scheme], value)
