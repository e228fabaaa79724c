"""Terms in DynamoDB: an item with all those of a root account, beside its roles."""

from __future__ import annotations

from msgspec import Struct
from pynamodb.exceptions import PutError

from chalicelib.domain.errors import ConflictError
from chalicelib.domain.term import TermBook
from chalicelib.storage import documents
from chalicelib.storage.tables import PersonRecord, Tables, only


def terms_key(root_account_id: int) -> dict[str, str]:
    """Key of the item with a root account's terms."""
    return {"pk": f"account#{root_account_id}", "sk": "terms"}


class Terms(Struct, frozen=True):
    """The store of terms (see `ports_courses.TermStore`)."""

    tables: Tables

    def book(self, root_account_id: int) -> TermBook:
        """The terms of a root account."""
        for record in only(self.tables.batch_get([(self.tables.people, [terms_key(root_account_id)])]), PersonRecord):
            return documents.decode(record.document or "", TermBook)
        return TermBook(root_account_id=root_account_id)

    def save(self, book: TermBook) -> None:
        """Write the terms of a root account, conditionally on the version before."""
        people = self.tables.people
        key = terms_key(book.root_account_id)
        record = self.tables.person(key, document=documents.fitting(book), version=book.version)
        fits = people.pk.does_not_exist() if book.version == 1 else people.version == book.version - 1
        try:
            record.save(condition=fits)
        except PutError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise
            raise ConflictError("The terms have changed.") from error
