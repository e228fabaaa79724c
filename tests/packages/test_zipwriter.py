from __future__ import annotations

import io
import random
import shutil
import subprocess
import zipfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.packages.archive import open_archive
from chalicelib.packages.packed import stored_for
from chalicelib.packages.zipwriter import MemberRecord, ZipState, ZipWriter

UNZIP = shutil.which("unzip")
FEED = ("leap2a.xml", False, [b"<feed/>"])
Members = list[tuple[str, bool, list[bytes]]]


def write(members: Members, pause_at: set[int], size_hint: int = 0) -> tuple[bytes, list[MemberRecord]]:
    """Write the members with a boundary after each piece; a new writer takes over at the steps of `pause_at`."""
    out = bytearray()
    writer = ZipWriter(out.extend)
    records: list[MemberRecord] = []
    step = 0

    def may_pause() -> None:
        nonlocal writer, step
        step += 1
        if step in pause_at:
            state = msgspec.json.decode(msgspec.json.encode(writer.pause()), type=ZipState)
            assert state.offset == len(out)
            writer = ZipWriter(out.extend, state)

    for name, stored, pieces in members:
        writer.open(name, stored=stored, size_hint=size_hint)
        may_pause()
        for piece in pieces:
            writer.write(piece)
            writer.boundary()
            may_pause()
        records.append(writer.close())
        may_pause()
    writer.finish(record.directory for record in records)
    return bytes(out), records


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_characters="/\\:\0."), min_size=1, max_size=20),
            st.booleans(),
            st.lists(st.binary(max_size=300), max_size=5),
        ),
        max_size=6,
        unique_by=lambda member: member[0],
    ),
    st.sets(st.integers(1, 50)),
    st.sampled_from([0, 5 << 30]),
)
def test_a_pause_anywhere_gives_the_same_bytes(members: Members, pauses: set[int], size_hint: int) -> None:
    members = [FEED, *(one for one in members if one[0] not in {"leap.xml", "leap2.xml"})]
    straight, records = write(members, set(), size_hint)
    paused, again = write(members, pauses, size_hint)
    assert paused == straight
    assert again == records
    with zipfile.ZipFile(io.BytesIO(straight)) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in read.namelist()} == {
            name: b"".join(pieces) for name, _, pieces in members
        }
    archive = open_archive(io.BytesIO(straight))
    assert {name: archive.open(name).read() for name in archive.names()} == {
        name: b"".join(pieces) for name, _, pieces in members
    }


@pytest.mark.parametrize("size_hint", [0, 5 << 30])
@pytest.mark.skipif(UNZIP is None, reason="no unzip here")
def test_unzip_reads_it(tmp_path: Path, size_hint: int) -> None:
    noise = random.Random(1).randbytes(200_000)  # noqa: S311 - noise, not a secret
    data, _ = write([FEED, ("a/ü 日.bin", True, [noise]), ("b.txt", False, [b"x" * 500_000, noise])], {3, 5}, size_hint)
    path = tmp_path / "p.zip"
    path.write_bytes(data)
    assert UNZIP is not None
    command = [UNZIP, "-t", str(path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - fixed words
    assert "No errors detected" in told.stdout


@pytest.mark.parametrize("piece", [b"\0", b"<content>a</content>\n", b"word "])
def test_what_shrinks_to_nothing_is_no_bomb_to_our_own_reader(piece: bytes) -> None:
    """Blank files and texts of one word deflate a thousand to one."""
    content = piece * (6_000_000 // len(piece))
    members: Members = [("leap2a.xml", False, [content]), ("blank", False, [content[:2_000_000], content])]
    data, records = write(members, set())
    assert write(members, {2, 4, 5})[0] == data
    assert all(record.size <= 101 * record.compressed_size for record in records)
    assert len(data) < 150_000
    archive = open_archive(io.BytesIO(data))
    assert archive.open("leap2a.xml").read() == content
    with zipfile.ZipFile(io.BytesIO(data)) as read:
        assert read.testzip() is None
        assert read.read("blank") == content[:2_000_000] + content


def test_many_members_get_a_zip64_directory() -> None:
    members: Members = [FEED, *((f"f/{number}", True, []) for number in range(66_000))]
    data, _ = write(members, {7})
    with zipfile.ZipFile(io.BytesIO(data)) as read:
        assert len(read.namelist()) == 66_001
    assert sum(1 for _ in open_archive(io.BytesIO(data)).names()) == 66_001


class Far(io.RawIOBase):
    """Bytes that stand behind a gap of nothing: a zip beyond 4 GiB without its weight."""

    def __init__(self, gap: int, data: bytes) -> None:
        self._gap, self._data, self._at = gap, data, 0

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._gap + len(self._data))[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        assert self._at >= self._gap
        start = self._at - self._gap
        part = self._data[start:] if size < 0 else self._data[start : start + size]
        self._at += len(part)
        return part


def test_offsets_beyond_4_gib_are_readable() -> None:
    gap = 5 << 30
    out = bytearray()
    writer = ZipWriter(out.extend, ZipState(offset=gap))
    writer.open("late.txt")
    writer.write(b"here")
    record = writer.close()
    writer.finish([record.directory])
    with zipfile.ZipFile(Far(gap, bytes(out))) as read:
        assert read.read("late.txt") == b"here"


def test_mistakes_are_refused() -> None:
    writer = ZipWriter(lambda _: None)
    with pytest.raises(ValueError, match="no member is open"):
        writer.close()
    writer.open("a")
    with pytest.raises(ValueError, match="still open"):
        writer.open("b")
    with pytest.raises(ValueError, match="still open"):
        writer.finish([])
    writer.close()
    with pytest.raises(ValueError, match="not those of this zip"):
        writer.finish([])


@pytest.mark.parametrize(
    ("media_type", "stored"),
    [
        ("image/jpeg", True),
        ("IMAGE/PNG; x=1", True),
        ("image/svg+xml", False),
        ("video/mp4", True),
        ("audio/wav", False),
        ("application/pdf", False),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", True),
        ("text/plain", False),
        ("", False),
    ],
)
def test_what_is_packed_already_is_stored(media_type: str, *, stored: bool) -> None:
    assert stored_for(media_type) is stored
