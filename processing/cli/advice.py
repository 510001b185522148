"""What to do about each code that processing may answer: one sentence for the person who asked."""

from typing import Final

ADVICE: Final = {
    "EMPTY_FILE": "Send the file again; its transfer was probably interrupted.",
    "UNSUPPORTED": "Convert it to a format that is accepted, such as JPEG, PNG or MP4.",
    "NO_VIDEO": "Send a video; sound alone is not accepted.",
    "CORRUPT": "Send the original again, or open it in an editor and export it anew.",
    "LIMIT_SIZE": "Make it smaller before sending it.",
    "LIMIT_PIXELS": "Scale it down before sending it.",
    "LIMIT_FRAMES": "Shorten it, or send a long animation as a video.",
    "LIMIT_DURATION": "Cut it into parts.",
    "TIMEOUT": "Allow more time, take a lighter step, or cut it into parts.",
    "ENCODER_KILLED": "Try again on a machine with more free memory, or take a lighter step.",
    "DISK_FULL": "Make room on the disk that holds the result, then try again.",
    "ENCODING_FAILED": "Try again; if it fails again, report the file: the fault is likely ours.",
    "UNEXPECTED": "Report it, with the file if possible: the fault is ours.",
}


def advice_for(code: str) -> str:
    """What to do about `code`; for one without advice of its own, to report it."""
    return ADVICE.get(code, ADVICE["UNEXPECTED"])
