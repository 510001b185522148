"""The child that answers one request about one picture and ends; the request comes in argv."""

import json
import sys

from processing.pillow.answering import answer

if __name__ == "__main__":
    answer(json.loads(sys.argv[1]))
