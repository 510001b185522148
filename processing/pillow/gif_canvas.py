"""Leaves the canvas of a GIF transparent where its first frame leaves it open, as browsers do."""

from PIL import Image, ImageFile

Box = tuple[int, int, int, int]


def open_canvas_left_transparent(picture: Image.Image, covered: Box | None) -> None:
    """Make a decoded first frame transparent outside `covered`: Pillow fills it with a colour."""
    if covered is None or covered == (0, 0, *picture.size) or picture.mode not in {"P", "L"}:
        return
    alpha = Image.new("L", picture.size, 0)
    frame = picture.copy().convert("RGBA")
    alpha.paste(frame.getchannel("A").crop(covered), covered)
    frame.putalpha(alpha)
    picture.info.pop("transparency", None)
    picture.im, picture._mode = frame.im, frame.mode  # noqa: SLF001 - as Pillow's plugins do
    # What is to be laid over this frame before the next has been made for a palette.
    if getattr(picture, "dispose", None) is not None:
        left, top, right, bottom = covered
        nothing = Image.new("RGBA", (right - left, bottom - top), (0, 0, 0, 0))
        picture.dispose = nothing.im  # type: ignore[attr-defined]


def covered_by_first_frame(picture: Image.Image) -> Box | None:
    """The box that an undecoded first frame of a GIF fills; None where there is none to be read."""
    if picture.format != "GIF" or picture.tell() != 0:
        return None
    return (
        picture.tile[0].extents
        if isinstance(picture, ImageFile.ImageFile) and picture.tile
        else None
    )
