"""The image child, whose files may only be so large, leaves no bytecode cut short for others."""

import marshal
import os
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[3]
HEADER_BYTES = 16
COMPRESS = """
import sys
from pathlib import Path
from order import Order
from processing.allowance import Allowance
from processing.compress import compress
compress(Path(sys.argv[1]), Path(sys.argv[2]), Order(), Allowance(), lambda progress: None)
"""


def test_a_tiny_image_does_not_cut_the_bytecode_that_others_load(tmp_path: Path) -> None:
    tree = tmp_path / "app"
    tree.mkdir()
    without_bytecode = shutil.ignore_patterns("__pycache__")
    for room in ("processing", "errors"):
        shutil.copytree(ROOT / room, tree / room, ignore=without_bytecode)
    for module in (
        "compression_config.py",
        "order.py",
        "option_values.py",
        "media_facts.py",
        "notes.py",
    ):
        shutil.copy(ROOT / module, tree)
    Image.new("RGB", (8, 8), "teal").save(tmp_path / "tiny.png")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(tree)

    subprocess.run(
        [sys.executable, "-c", COMPRESS, str(tmp_path / "tiny.png"), str(tmp_path)],
        cwd=tree,
        env=environment,
        check=True,
        timeout=60,
    )

    written = list((tree / "processing/image/pixels").rglob("*.pyc"))
    assert written
    for bytecode in written:
        marshal.loads(bytecode.read_bytes()[HEADER_BYTES:])
