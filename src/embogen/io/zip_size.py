"""What a zip archive (a workbook) unpacks to, counted and not believed."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Final

from embogen.io.files import refuse

_UNPACKED_LIMIT: Final = 2**30
_RATIO_LIMIT: Final = 200
_HARMLESS: Final = 64 * 2**20
_STEP: Final = 2**22
_LOCAL_HEADER: Final = struct.Struct("<26xHH")
"""A local file header: the lengths of name and extra field stand at byte 26."""


def refuse_bomb(data: bytes, file: str) -> None:
    """Refuse a zip archive that unpacks to an implausible size.

    The sizes an archive declares are not believed: every member is unpacked piece by piece and
    counted, and thrown away. Members that share their bytes are counted as often as they are
    listed.

    Parameters
    ----------
    data
        The file; what does not begin as a zip archive is passed over.
    file
        Its name in messages.

    Raises
    ------
    DataError
        Over 64 MB and 200 times the file's size, over 1 GB, or packed in a way no workbook is.
    """
    if not data.startswith(b"PK"):
        return
    allowed = min(_UNPACKED_LIMIT, max(_HARMLESS, _RATIO_LIMIT * len(data)))
    remedy = "Export the sheet as CSV UTF-8."
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError):
        return  # the workbook reader says what is wrong
    total = 0
    for member in members:
        if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            message = "is packed in a way no spreadsheet program uses"
            raise refuse(file, message, remedy)
        total += _unpacked(data, member, allowed - total)
        if max(total, member.file_size) > allowed:
            message = f"unpacks to over {allowed // 2**20} MB from {len(data)} bytes"
            raise refuse(file, message, remedy)


def _unpacked(data: bytes, member: zipfile.ZipInfo, allowed: int) -> int:
    """Count the bytes of a member, and stop once they are more than allowed."""
    start = member.header_offset
    if start < 0 or start + 30 > len(data):  # the length of a local header
        return 0
    name, extra = _LOCAL_HEADER.unpack_from(data, start)
    start += 30 + name + extra
    packed = memoryview(data)[start : start + member.compress_size]
    if member.compress_type == zipfile.ZIP_STORED:
        return len(packed)
    unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    count = 0
    rest: bytes | memoryview = packed
    try:
        while rest and not unpack.eof and count <= allowed:
            count += len(unpack.decompress(rest, _STEP))
            rest = unpack.unconsumed_tail
    except zlib.error:
        return count  # the workbook reader says what is wrong
    return count
