"""The child that answers one request about one image and ends; the request comes in argv."""

import json
import sys

from processing.image.pixels.request import answer

if __name__ == "__main__":
    answer(json.loads(sys.argv[1]))
