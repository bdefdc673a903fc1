"""Uploaded files stay in memory: what a person sends never lies in clear on a disk of ours.

A file above the limit is read to its end and thrown away; it arrives empty with the size it had, so that the form can
say what was wrong. All files of one request together are bounded too.
"""

from __future__ import annotations

import io

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

MOST_BYTES = 10 << 20
"""Of one file."""
MOST_TOGETHER = 44 << 20
"""Of all files of a request; beyond it every further file is thrown away."""


class InMemoryUploads(FileUploadHandler):
    """The only upload handler of the house (`FILE_UPLOAD_HANDLERS`)."""

    def __init__(self, request: object = None) -> None:
        super().__init__(request)  # type: ignore[arg-type]
        self._together = 0
        self._file = io.BytesIO()

    def new_file(self, *args: object, **kwargs: object) -> None:
        """Another file begins."""
        super().new_file(*args, **kwargs)  # type: ignore[arg-type]
        self._file = io.BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep the piece while file and request stay within their limits."""
        self._together += len(raw_data)
        if start + len(raw_data) > MOST_BYTES or self._together > MOST_TOGETHER:
            self._file = io.BytesIO()
        else:
            self._file.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        """The file, empty where it was too large."""
        whole = self._file.tell() == file_size
        self._file.seek(0)
        return InMemoryUploadedFile(
            file=self._file if whole else io.BytesIO(),
            field_name=self.field_name,
            name=self.file_name or "",
            content_type=self.content_type or "",
            size=file_size if whole else max(file_size, MOST_BYTES + 1),
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )
