"""Terms as a student information system gives them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, json
from msgspec.structs import replace

from chalicelib.domain.courserow import TermRow
from chalicelib.domain.loading import chunks
from chalicelib.domain.person import Account, RowOutcome
from chalicelib.domain.ports import Clock, Ids
from chalicelib.domain.ports_courses import TermStore
from chalicelib.domain.retry import retried
from chalicelib.domain.term import DEFAULT_TERM, TERMS_BYTES, TERMS_LIMIT, Term, TermBook

CHUNK = 500


class TermLoad(Struct, frozen=True):
    """Loads terms."""

    terms: TermStore
    clock: Clock
    ids: Ids

    def upsert_terms(self, root: Account, rows: Iterable[TermRow]) -> Iterator[RowOutcome]:
        """Load terms of `root`; one outcome a row, in order. What is changed gets one new id of this load."""
        import_id = self.ids.new()
        for chunk in chunks(rows, CHUNK):
            yield from retried(lambda batch=chunk: self._upsert(root, batch, import_id))  # type: ignore[misc]

    def ready(self, root: Account) -> TermBook:
        """The terms of `root`, the default one among them."""
        return retried(lambda: self._ready(root))

    def _ready(self, root: Account) -> TermBook:
        book = self.terms.book(root.id)
        if book.default is not None:
            return book
        term = Term(id=self.ids.new(), name=DEFAULT_TERM, created_at=self.clock.now(), default=True)
        book = replace(book, terms=(*book.terms, term), version=book.version + 1)
        self.terms.save(book)
        return book

    def _upsert(self, root: Account, rows: Sequence[TermRow], import_id: int) -> list[RowOutcome]:
        book = before = self.terms.book(root.id)
        outcomes, size = [], sum(map(_size, book.terms))
        for row in rows:
            known = book.by_sis_id(row.sis_id)
            if known is None and len(book.terms) >= TERMS_LIMIT:
                outcomes.append(RowOutcome(error=f"A root account has at most {TERMS_LIMIT} terms."))
                continue
            term = self._term(known, row)
            changed = term != known
            if changed:
                term = replace(term, sis_import_id=import_id)
                more = _size(term) - _size(known)
                if more > 0 and size + more > TERMS_BYTES:
                    outcomes.append(RowOutcome(error=f"All terms together have at most {TERMS_BYTES:,} bytes."))
                    continue
                size += more
                book = replace(book, terms=(*(one for one in book.terms if one is not known), term))
            outcomes.append(RowOutcome(changed=changed))
        if book != before:
            self.terms.save(replace(book, version=before.version + 1))
        return outcomes

    def _term(self, known: Term | None, row: TermRow) -> Term:
        base = known or Term(id=self.ids.new(), name=row.name, created_at=self.clock.now(), sis_id=row.sis_id)
        return replace(base, name=row.name, workflow_state=row.status, **row.facts)


def _size(term: Term | None) -> int:
    return len(json.encode(term)) if term else 0
