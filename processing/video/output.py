"""What one file of a result holds."""

from dataclasses import dataclass, replace
from typing import Final

from processing.video.sound import Sound
from processing.video.stream import CopiedVideo, EncodedVideo

_PLAIN_SOUND_KBPS: Final = 40


@dataclass(frozen=True, slots=True)
class Output:
    """One video stream, perhaps sound, and tags."""

    video: EncodedVideo | CopiedVideo
    sound: Sound | None
    tags: tuple[tuple[str, str], ...]  # notices of author and rights, where they are wanted

    @property
    def is_remux(self) -> bool:
        """Whether nothing at all is encoded."""
        is_video_copied = isinstance(self.video, CopiedVideo)
        return is_video_copied and (self.sound is None or self.sound.is_copied)


def with_plain_sound(output: Output, most_kbps: int = _PLAIN_SOUND_KBPS) -> Output:
    """The output with sound of few bytes, for sources that little undercuts."""
    if output.sound is None:
        return output
    kbps = min(most_kbps, output.sound.kbps)
    return replace(output, sound=replace(output.sound, is_copied=False, kbps=kbps))
