"""Whether bytes are a picture that may be kept: by what they are, never by what a client says that they are.

JPEG, PNG and WebP, one picture each, decoded to the end within a bound on its pixels. A place of capture in its
metadata (EXIF GPS, or the same in XMP) is refused: the app removes metadata before it seals a photo, so what still has
it came around the app, and a place that nobody saw on a screen is not kept in silence.
"""

from __future__ import annotations

import io
from typing import NamedTuple

from PIL import ExifTags, Image

from server.problem import ProblemError

PIXELS_MAX = 24_000_000
"""About a phone camera's largest ordinary photo; decoded it takes 3 to 4 bytes a pixel. The app sends at most 1600²."""
TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


class Picture(NamedTuple):
    """What a picture is, and its size in pixels."""

    type: str
    width: int
    height: int


def checked_picture(plain: bytes) -> Picture:
    """What the bytes are. ProblemError: file-type-refused, image-unreadable, image-metadata."""
    wanted = _by_first_bytes(plain)
    if wanted is None:
        raise ProblemError("file-type-refused")
    try:
        with Image.open(io.BytesIO(plain), formats=[wanted]) as image:
            if image.width * image.height > PIXELS_MAX:
                raise ProblemError(
                    "image-unreadable", f"超过 {PIXELS_MAX} 像素 / more than {PIXELS_MAX} pixels"
                )
            if getattr(image, "n_frames", 1) != 1 or image.format != wanted:
                raise ProblemError("image-unreadable", "只收单张图片 / one picture only")
            image.load()
            if _tells_place(image):
                raise ProblemError("image-metadata")
            return Picture(TYPES[wanted], image.width, image.height)
    except ProblemError:
        raise
    except Exception as error:  # bytes made to confuse a decoder: it raises whatever it comes upon
        raise ProblemError("image-unreadable") from error


def _by_first_bytes(plain: bytes) -> str | None:
    if plain.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if plain.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    return "WEBP" if plain[:4] == b"RIFF" and plain[8:12] == b"WEBP" else None


def _tells_place(image: Image.Image) -> bool:
    if image.getexif().get_ifd(ExifTags.IFD.GPSInfo):
        return True
    packets = [image.info.get(key) for key in ("xmp", "XML:com.adobe.xmp")]
    found = [packet.encode() if isinstance(packet, str) else packet for packet in packets if packet]
    return any(b"GPSLatitude" in packet for packet in found if isinstance(packet, bytes))
