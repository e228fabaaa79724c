from __future__ import annotations

import io
import struct
import tracemalloc

import pytest

from chalicelib.domain.errors import PackageError
from chalicelib.packages.archive import Limits, open_archive
from chalicelib.packages.leap2a import index, reader
from tests.packages import zips
from tests.packages.feeds import entry, feed
from tests.packages.support import take_in
from tests.packages.zips import CASES, FEED, LEAP, REJECT, Part, Zip, with_feed


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_bad_package_is_refused_with_a_reason(name: str) -> None:
    data = (REJECT / name).read_bytes()
    assert data == CASES[name][0](), "run python -m tests.packages.zips"
    tracemalloc.start()
    try:
        with pytest.raises(PackageError) as refused:
            take_in(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert CASES[name][1] in str(refused.value)
    assert str(refused.value)[0].isupper() or str(refused.value)[0] == "“"
    assert str(refused.value).endswith((".", "again.", "folder."))
    assert peak < 20 << 20


def test_an_encrypted_package_of_another_program_is_refused() -> None:
    with pytest.raises(PackageError, match="password"):
        take_in(zips.encrypted_by_the_library())


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(max_members=3), "at most 3"),
        (Limits(max_total_bytes=2000), "unpacks to more than 1 KB"),
        (Limits(max_member_bytes=500), "unpacks to more than 500 bytes"),
    ],
)
def test_caps(limits: Limits, reason: str) -> None:
    with pytest.raises(PackageError, match=reason):
        open_archive(io.BytesIO(with_feed(*(Part(b"%d" % n, b"x" * 600) for n in range(4)))), limits)


def test_a_lying_size_stops_at_the_lie() -> None:
    """Declared 10 bytes, inflating to 50 MB: no more than one chunk is ever made."""
    part = Part(b"big", b"\0" * 50_000_000, size=10)
    archive = open_archive(io.BytesIO(with_feed(part)))
    tracemalloc.start()
    with pytest.raises(PackageError, match="more than it says"):
        archive.open("big").read()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 << 20


def test_a_zip_in_the_zip_is_a_file_like_any_other() -> None:
    inner = Zip([Part(b"../evil", b"x")]).build()
    data = with_feed(Part(b"inner.zip", inner))
    assert open_archive(io.BytesIO(data)).open("inner.zip").read() == inner


def test_every_cut_is_refused_or_read_whole() -> None:
    data = with_feed(Part(b"a.txt", b"hello" * 50, stored=True))
    for length in range(len(data)):
        with pytest.raises(PackageError):
            take_in(data[:length])


def test_every_flipped_byte_is_refused_or_harmless() -> None:
    data = Zip([LEAP]).build()
    expected = take_in(data).objects
    for position in range(0, len(data), 3):
        broken = bytearray(data)
        broken[position] ^= 0x41
        try:
            got = take_in(bytes(broken))
        except PackageError:
            continue
        assert got.objects == expected, position


def test_a_second_look_may_skip_the_headers() -> None:
    data = CASES["directory-mismatch-name.zip"][0]()
    archive = open_archive(io.BytesIO(data), verify=False)
    assert archive.open_feed().read() == FEED
    with pytest.raises(PackageError, match="two different ways"):
        archive.open("good.txt")


@pytest.mark.parametrize("offset", [1 << 40, (1 << 63) + 5, (1 << 64) - 1])
def test_an_offset_of_64_bits_is_refused(offset: int) -> None:
    data = Zip([LEAP]).build()
    start, end = data.index(b"PK\x01\x02"), data.rindex(b"PK\x05\x06")
    record = bytearray(data[start:end])
    record[30:32], record[42:46] = struct.pack("<H", 12), b"\xff" * 4
    record += struct.pack("<2HQ", 1, 8, offset)
    tail = bytearray(data[end:])
    tail[12:16] = struct.pack("<L", len(record))
    with pytest.raises(PackageError, match="reaches into"):
        take_in(data[:start] + bytes(record) + bytes(tail))


def test_an_entry_with_too_many_files_keeps_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "MAX_ATTACHED", 2)
    monkeypatch.setattr(reader, "MAX_ATTACHED", 2)
    links = "".join(f'<link rel="enclosure" href="f/{number}"/>' for number in range(4))
    parts = [Part(b"f/%d" % number, b"x") for number in range(4)]
    got = take_in(Zip([Part(b"leap2a.xml", feed(entry("a", links) + entry("b"))), *parts]).build())
    assert [one.name for one in got.objects] == ["a", "0", "1", "b"]
    assert len(got.reasons("left_out")) == 2
