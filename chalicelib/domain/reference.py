"""How users and accounts are named in paths and parameters (canvas-a 1.5, canvas-b 0.2).

A name is looked up in one root account only, so what is of another root is not found.
"""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.domain.epobject import NAME_LIMIT
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.identity import id_in, parse_guid
from chalicelib.domain.ports_people import PeopleStore

USER_SCHEMES = {
    "sis_user_id": "sis_user_id",
    "sis_login_id": "sis_login_id",
    "sis_integration_id": "sis_integration_id",
}
ACCOUNT_SCHEMES = {"sis_account_id": "sis_account_id", "sis_integration_id": "account_integration_id"}
"""As clients write them, and as names are stored: integration ids of accounts are apart from those of people."""
GUID_SCHEMES = ("uuid", "lti_context_id")
"""Of accounts: such an id holds the account's number (ADR 3), and is compared when the account is read."""
ID_DIGITS = 19


def resolve(people: PeopleStore, root_id: int, reference: str, schemes: Mapping[str, str]) -> int:
    """The id behind an integer or a `scheme:value`. Raises NotFoundError when it is nobody's name in that root."""
    if reference.isascii() and reference.isdigit() and len(reference) <= ID_DIGITS:
        return int(reference)
    scheme, colon, value = unhexed(reference).partition(":")
    if colon and scheme in schemes and 0 < len(value) <= NAME_LIMIT:
        found = people.resolve(root_id, schemes[scheme], value)
        if found is not None:
            return found
    raise NotFoundError("There is no such name.")


def account_id(people: PeopleStore, root_id: int, reference: str) -> int:
    """The id behind an account reference; whether it is of that root is seen when it is read.

    `self` is the root account the host serves and `default` the installation's first one. There is no `site_admin`
    account (ADR 15). Raises NotFoundError.
    """
    if reference == "self":
        return root_id
    if reference == "default":
        return people.root_for_host("") or root_id
    scheme, _, value = reference.partition(":")
    guid = parse_guid(value) if scheme in GUID_SCHEMES else None
    return id_in(guid) if guid else resolve(people, root_id, reference, ACCOUNT_SCHEMES)


def unhexed(reference: str) -> str:
    """`hex:sis_user_id:<hex>` as `sis_user_id:<text>` (canvas-a 1.5); anything else as it is.

    >>> unhexed("hex:sis_account_id:c3a9"), unhexed("sis_account_id:S")
    ('sis_account_id:é', 'sis_account_id:S')
    """
    head, _, rest = reference.partition(":")
    scheme, colon, digits = rest.partition(":")
    if head != "hex" or not colon:
        return reference
    try:
        return f"{scheme}:{bytes.fromhex(digits).decode()}"
    except ValueError:
        return reference
