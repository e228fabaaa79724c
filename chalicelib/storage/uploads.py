"""A multipart upload that a job can put down and take up again."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from msgspec import Struct, field

from chalicelib.storage.blobs import Blobs

GONE = "NoSuchUpload"
PART_BYTES = 8 * 1024 * 1024
"""Size of every part but the last: S3 asks for 5 MiB, and 10,000 parts of 8 MiB are 80 GB."""


class UploadLostError(Exception):
    """The parts sent so far are gone: S3 forgets an upload that is not completed in time."""


class MultipartUpload(Struct):
    """An object being written in parts of `PART_BYTES`.

    The bytes of a part depend on the stream alone, so a worker that repeats a stretch writes the same parts again.
    """

    blobs: Blobs
    key: str
    upload_id: str = ""
    etags: list[str] = field(default_factory=list)
    buffer: bytearray = field(default_factory=bytearray)
    size_bytes: int = 0

    @classmethod
    def resume(cls, blobs: Blobs, state: dict[str, Any]) -> MultipartUpload:
        """The upload as `pause` left it."""
        tail = blobs.get(state["tail"]) if state["tail"] else b""
        return cls(
            blobs=blobs,
            key=state["key"],
            upload_id=state["upload_id"],
            etags=list(state["etags"]),
            buffer=bytearray(tail),
            size_bytes=state["size_bytes"],
        )

    def write(self, data: bytes) -> None:
        """Append bytes; full parts leave at once."""
        self.buffer += data
        self.size_bytes += len(data)
        while len(self.buffer) >= PART_BYTES:
            self._send(bytes(self.buffer[:PART_BYTES]))
            del self.buffer[:PART_BYTES]

    def pause(self, tail_key: str) -> dict[str, Any]:
        """What `resume` needs; the part not yet full is put at `tail_key`."""
        self._begin()
        if self.buffer:
            self.blobs.put(tail_key, bytes(self.buffer))
        return {
            "key": self.key,
            "upload_id": self.upload_id,
            "etags": list(self.etags),
            "tail": tail_key if self.buffer else "",
            "size_bytes": self.size_bytes,
        }

    def finish(self) -> None:
        """Make the object appear; harmless when a worker did so before that did not live to say it."""
        try:
            if self.buffer:
                self._send(bytes(self.buffer))
                self.buffer.clear()
            parts: list[Any] = [{"ETag": etag, "PartNumber": number} for number, etag in enumerate(self.etags, start=1)]
            self.blobs.client.complete_multipart_upload(
                Bucket=self.blobs.bucket, Key=self.key, UploadId=self.upload_id, MultipartUpload={"Parts": parts}
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != GONE:
                raise
            if not self.blobs.exists(self.key):
                raise UploadLostError(self.key) from error
        except UploadLostError:
            if not self.blobs.exists(self.key):
                raise

    def abort(self) -> None:
        """Forget the parts."""
        if not self.upload_id:
            return
        try:
            self.blobs.client.abort_multipart_upload(Bucket=self.blobs.bucket, Key=self.key, UploadId=self.upload_id)
        except ClientError as error:
            if error.response["Error"]["Code"] != GONE:
                raise

    def _begin(self) -> None:
        if not self.upload_id:
            answer = self.blobs.client.create_multipart_upload(
                Bucket=self.blobs.bucket, Key=self.key, ContentType="application/zip"
            )
            self.upload_id = answer["UploadId"]

    def _send(self, part: bytes) -> None:
        self._begin()
        try:
            answer = self.blobs.client.upload_part(
                Bucket=self.blobs.bucket,
                Key=self.key,
                UploadId=self.upload_id,
                PartNumber=len(self.etags) + 1,
                Body=part,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != GONE:
                raise
            raise UploadLostError(self.key) from error
        self.etags.append(answer["ETag"])
