"""Bytes a job gathers for later, in memory as long as they are few, kept over a pause in the bucket."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

from chalicelib.jobs.run import Run

MEMORY_BYTES = 1024 * 1024
CHUNK = 1024 * 1024


class Spool:
    """An append-only sequence of bytes with a name.

    Parameters
    ----------
    run
        The job it belongs to.
    name
        Unique in the job; names the working files.
    parts
        Keys from `pause()` of the spool this one continues.
    """

    def __init__(self, run: Run, name: str, parts: list[str]) -> None:
        self._run, self._name, self.parts = run, name, list(parts)
        self._file = tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115 - lives with the spool

    def append(self, data: bytes) -> None:
        """Add bytes at the end."""
        self._file.write(data)

    def pause(self) -> list[str]:
        """Put what is not yet in the bucket there; the keys a new spool needs."""
        if self._file.tell():
            key = self._run.work_key(f"{self._name}-{len(self.parts):06d}")
            self._file.seek(0)
            self._run.services.blobs.put_stream(key, self._file)  # type: ignore[arg-type]
            self.parts.append(key)
            self._file.close()
            self._file = tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115
        return list(self.parts)

    def close(self) -> None:
        """Let go of what is not in the bucket."""
        self._file.close()

    def copy_to(self, key: str) -> None:
        """Put all bytes at a key of the bucket."""
        with tempfile.TemporaryFile() as whole:
            for piece in self.replay():
                whole.write(piece)
            whole.seek(0)
            self._run.services.blobs.put_stream(key, whole)

    def replay(self) -> Iterator[bytes]:
        """All bytes from the beginning, in pieces."""
        for key in self.parts:
            yield from self._run.services.blobs.pieces(key)
        end = self._file.tell()
        self._file.seek(0)
        while chunk := self._file.read(CHUNK):
            yield chunk
        self._file.seek(end)
