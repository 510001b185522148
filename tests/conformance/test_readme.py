"""The README's program for a back end, as it stands there."""

import re

from PIL import Image

from tests.conformance.integrator import NPM, run
from tests.conformance.python313 import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_it_sends_a_file_and_fetches_the_result(client, photo, tmp_path):
    (program,) = re.findall(r"```js\n(.*?)```", README, re.DOTALL)
    (tmp_path / "holiday.jpg").write_bytes(photo.read_bytes())
    (tmp_path / "node_modules").symlink_to(NPM / "node_modules")
    (tmp_path / "send.mjs").write_text(program, encoding="utf-8")

    run(
        *("node", "send.mjs", "holiday.jpg"),
        cwd=tmp_path,
        AZURE_STORAGE_CONNECTION_STRING=client.account,
        APP=client.url,
        API_KEY=client.api_key,
        NO_PROXY="*",
    )

    (result,) = tmp_path.glob("*.webp")
    with Image.open(result) as picture:
        assert picture.size == (320, 240)
