"""Leaves the canvas of a GIF transparent where its first frame leaves it open, as browsers do."""

from PIL import Image, ImageFile

from processing.image.pixels.opened import Box


def open_canvas_left_transparent(image: Image.Image, covered: Box | None) -> None:
    """Make a decoded first frame transparent outside `covered`: Pillow fills it with a colour."""
    if covered is None or covered == (0, 0, *image.size) or image.mode not in {"P", "L"}:
        return
    alpha = Image.new("L", image.size, 0)
    frame = image.copy().convert("RGBA")
    alpha.paste(frame.getchannel("A").crop(covered), covered)
    frame.putalpha(alpha)
    image.info.pop("transparency", None)
    image.im, image._mode = frame.im, frame.mode  # noqa: SLF001 - as Pillow's plugins do
    # Pillow has prepared, for a palette, what it lays over this frame before the next.
    if getattr(image, "dispose", None) is not None:
        left, top, right, bottom = covered
        nothing = Image.new("RGBA", (right - left, bottom - top), (0, 0, 0, 0))
        image.dispose = nothing.im  # type: ignore[attr-defined]


def covered_by_first_frame(image: Image.Image) -> Box | None:
    """The box that an undecoded first frame of a GIF fills; None where there is none to be read."""
    if image.format != "GIF" or image.tell() != 0:
        return None
    if isinstance(image, ImageFile.ImageFile) and image.tile:
        return image.tile[0].extents
    return None
