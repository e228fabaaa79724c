"""`python -m tests.permissions` writes docs/permissions.md."""

from __future__ import annotations

from tests.permissions.matrix import DOCUMENT, document

if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
