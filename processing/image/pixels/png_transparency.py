"""Brings a PNG's transparent colour to the depth in which Pillow holds the pixels."""

from PIL import Image


def fit_transparent_color(image: Image.Image, bits: int) -> None:
    """Change the one colour that a PNG of so many bits a channel names transparent."""
    key = image.info.get("transparency")
    if isinstance(key, int) and image.mode == "L" and bits < 8:
        image.info["transparency"] = key * 255 // ((1 << bits) - 1)  # as Pillow widens pixels
    if isinstance(key, tuple) and bits == 16:
        image.info["transparency"] = tuple(value >> 8 for value in key)
