"""Makes RESULTS.md from the committed results again, without measuring."""

from harness.result import write_document


def main() -> None:
    """Writes the document."""
    write_document()


if __name__ == "__main__":
    main()
