"""The bucket: files by content, packages, uploads, and the working files of jobs.

| prefix | holds | lives |
|---|---|---|
| `files/` | file bytes by SHA-256 | until no object refers to them |
| `bodies/` | documents too large for an item | with their object |
| `packages/` | finished packages | by the bucket's lifecycle |
| `uploads/` | packages to import | by the bucket's lifecycle |
| `verification/` | evidence images | until others replace them |
| `working/` | working files of jobs | by the bucket's lifecycle |
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from botocore.exceptions import ClientError
from msgspec import Struct, field

from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.ports import Blob, PostForm
from chalicelib.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHUNK = 1024 * 1024
RANGE_BYTES = 8 * CHUNK
"""The most that is asked for at a time of an object that is read by ranges: no answer stays open for minutes, and
little comes in vain where reading goes on elsewhere."""
MISSING = ("NoSuchKey", "404", "NotFound")


class Blobs(Struct):
    """The blob store (see `ports.BlobStore`)."""

    settings: Settings
    disposition: Callable[[str], str]
    """Content-Disposition of a download of that name."""
    _client: S3Client | None = field(default=None)

    @property
    def client(self) -> S3Client:
        """The S3 client, made on first use."""
        if self._client is None:
            import boto3
            from botocore.config import Config

            # Path-style addresses work on every engine, and presigned links need the v4 signature.
            config = Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"mode": "standard"})
            self._client = boto3.client("s3", config=config)
        return self._client

    @property
    def bucket(self) -> str:
        """Name of the bucket."""
        return self.settings.bucket

    def put_file(self, content: BinaryIO) -> Blob:
        """Store a file's bytes under their digest."""
        digest, size = hashlib.sha256(), 0
        content.seek(0)
        while chunk := content.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
        content.seek(0)
        blob = Blob(sha256=digest.hexdigest(), size_bytes=size)
        self.put_file_as(blob, lambda: cast("BinaryIO", _Kept(content)))
        return blob

    def put_file_as(self, blob: Blob, reopen: Callable[[], BinaryIO]) -> None:
        """Store bytes whose digest is known, unless they are there."""
        key = file_key(blob.sha256)
        if not self.exists(key):
            self.client.upload_fileobj(reopen(), self.bucket, key)

    def put_bytes_as(self, blob: Blob, content: bytes) -> None:
        """Store a small file whose digest is known, unless it is there."""
        key = file_key(blob.sha256)
        if not self.exists(key):
            self.put(key, content)

    def open_file(self, sha256: str, offset: int = 0) -> BinaryIO | None:
        """A stream over a stored file from `offset`; None when the bytes are gone."""
        request: dict[str, Any] = {"Bucket": self.bucket, "Key": file_key(sha256)}
        if offset:
            request["Range"] = f"bytes={offset}-"
        try:
            return cast("BinaryIO", self.client.get_object(**request)["Body"])
        except ClientError as error:
            if error.response["Error"]["Code"] in MISSING:
                return None
            raise

    def file_link(self, sha256: str, *, file_name: str, media_type: str) -> str:
        """A presigned address of a stored file, always as a download: its markup never runs on our host."""
        return self.link(file_key(sha256), content_type=media_type, disposition=self.disposition(file_name))

    def put(self, key: str, content: bytes) -> None:
        """Write a working file."""
        self.client.put_object(Bucket=self.bucket, Key=key, Body=content)

    def put_stream(self, key: str, content: BinaryIO) -> None:
        """Write a working file from a stream, a part of it in memory at a time."""
        from boto3.s3.transfer import TransferConfig

        self.client.upload_fileobj(content, self.bucket, key, Config=TransferConfig(use_threads=False))

    def get(self, key: str) -> bytes:
        """Read a working file."""
        try:
            return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in MISSING:
                raise NotFoundError(f"There is no {key}.") from error
            raise

    def pieces(self, key: str) -> Iterator[bytes]:
        """A working file, a piece at a time."""
        body = self.client.get_object(Bucket=self.bucket, Key=key)["Body"]
        yield from body.iter_chunks(CHUNK)

    def delete(self, keys: list[str]) -> None:
        """Remove objects; those not there are no error."""
        for start in range(0, len(keys), 1000):
            part = [{"Key": key} for key in keys[start : start + 1000]]
            self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": part, "Quiet": True})  # type: ignore[typeddict-item]

    def open_seekable(self, key: str, etag: str = "") -> BinaryIO:
        """A seekable stream over an object, reading ranges; with `etag`, of that one and no other."""
        from smart_open import open as smart_open

        parameters: dict[str, Any] = {"client": self.client, "range_chunk_size": RANGE_BYTES}
        if etag:
            if self.etag(key) != etag:
                raise NotFoundError(f"There is no {key} any more.")
            parameters["client_kwargs"] = {"S3.Client.get_object": {"IfMatch": etag}}
        try:
            return smart_open(f"s3://{self.bucket}/{key}", "rb", transport_params=parameters)
        except OSError as error:
            raise NotFoundError(f"There is no {key}.") from error

    def etag(self, key: str) -> str:
        """What tells an object from one that replaces it; empty when there is none."""
        try:
            return self.client.head_object(Bucket=self.bucket, Key=key)["ETag"]
        except ClientError as error:
            if error.response["Error"]["Code"] in MISSING:
                return ""
            raise

    def post_form(self, key: str, *, max_bytes: int, ttl_s: int) -> PostForm:
        """Leave to upload an object by a form."""
        signed = self.client.generate_presigned_post(
            self.bucket, key, Conditions=[["content-length-range", 1, max_bytes]], ExpiresIn=ttl_s
        )
        return PostForm(url=signed["url"], fields=signed["fields"])

    def link(self, key: str, *, content_type: str, disposition: str) -> str:
        """A presigned address whose answer carries that type and Content-Disposition."""
        return self.client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self.bucket,
                "Key": key,
                "ResponseContentType": content_type,
                "ResponseContentDisposition": disposition,
            },
            ExpiresIn=self.settings.link_ttl_s,
        )

    def exists(self, key: str) -> bool:
        """Whether there is such an object."""
        return bool(self.etag(key))


class _Kept:
    """A stream that stays open: the transfer library closes what it is given."""

    def __init__(self, content: BinaryIO) -> None:
        self.read, self.seek, self.tell = content.read, content.seek, content.tell

    def close(self) -> None:
        """Leave it open."""


def file_key(sha256: str) -> str:
    """Key of a stored file.

    >>> file_key("ab12")
    'files/ab/ab12'
    """
    return f"files/{sha256[:2]}/{sha256}"
