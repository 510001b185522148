"""The import table and the figures that keep this a house."""

import ast
import dataclasses
import graphlib
import re
import statistics
import sys
from itertools import chain
from pathlib import Path

import pytest

from jobs.job import Job

ROOT = Path(__file__).parents[2]

# Which rooms and which third parties each room may import, besides itself and Python's library.
OUR_ROOMS = {
    "errors": (),
    "compression_config": (),
    "option_values": (),
    "media_facts": (),
    "visible_text": (),
    "version": (),
    "notes": (),
    "setting_faults": (),
    "setting_texts": (),
    "order": ("errors", "compression_config", "option_values"),
    "settings": (
        "errors",
        "compression_config",
        "option_values",
        "order",
        "setting_faults",
        "setting_texts",
    ),
    "jobs": ("errors", "media_facts", "notes", "order"),
    "processing": (
        "errors",
        "compression_config",
        "media_facts",
        "option_values",
        "order",
        "notes",
        "visible_text",
    ),
    "worker": ("errors", "visible_text"),
    "integrations": ("errors", "media_facts", "notes", "order", "settings", "jobs"),
    "lifecycle": (
        "errors",
        "media_facts",
        "notes",
        "order",
        "settings",
        "jobs",
        "processing",
        "integrations",
        "worker",
    ),
    "api": ("errors", "notes", "jobs", "integrations.auth", "lifecycle", "version"),
    "function_app": ("settings", "api", "lifecycle", "worker"),
    "devhost": (),
}
THIRD_PARTIES = {
    "settings": ("pydantic", "pydantic_settings"),
    "processing": ("PIL", "pillow_heif", "ffmpeg"),
    "integrations": (
        "azure.storage",
        "azure.data",
        "azure.identity",
        "azure.core",
        "httpcore2",
        "paramiko",
        "standardwebhooks",
    ),
    "api": ("fastapi", "fastapi_problem", "python_multipart", "rfc9457", "starlette", "pydantic"),
    "function_app": ("azure.functions", "azurefunctions"),
    # It stands in for the host, so it speaks to storage and identity as the host does.
    "devhost": ("azure", "azurefunctions", "croniter", "h11", "starlette", "uvicorn"),
}
# Inside processing: what each room may import, besides itself and the files at the top.
ROOMS_OF_PROCESSING = {
    "sandbox": (),
    "isobmff": (),
    "image": ("sandbox",),
    "image.structure": ("isobmff",),
    "image.pixels": ("isobmff", "image.structure", "image.info", "image.plan"),
    "video": ("sandbox", "isobmff"),
    "cli": ("image", "video"),
}
# The same inside devhost.
ROOMS_OF_DEVHOST = {
    "app": (),
    "worker": (),
    "dispatch": ("app",),
    "triggers": ("app", "dispatch"),
    "http": ("app", "dispatch"),
}
READ_THE_ENVIRONMENT = ("settings", "devhost", "harness", "benchmarks", "tests")


def python_files(*rooms):
    singles = (ROOT / f"{room}.py" for room in rooms)
    found = chain(singles, *((ROOT / room).rglob("*.py") for room in rooms))
    return sorted(each for each in found if each.exists() and "node_modules" not in each.parts)


PRODUCT = python_files(*OUR_ROOMS)
PROGRAMS = python_files("harness", "benchmarks")
EVERYTHING = PRODUCT + PROGRAMS + python_files("tests")


def name_of(path):
    return str(path.relative_to(ROOT))


def room_of(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def nodes(path, *kinds):
    tree = ast.parse(path.read_text(encoding="utf-8"), name_of(path))
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def imported_names(path):
    for node in nodes(path, ast.Import, ast.ImportFrom):
        module = getattr(node, "module", None)
        yield from (f"{module}.{each.name}" if module else each.name for each in node.names)


def is_within(name, places):
    return any(name == place or name.startswith(f"{place}.") for place in places)


def is_pillow(names):
    return any(is_within(name, ["PIL", "pillow_heif"]) for name in names)


def functions(paths):
    for path in paths:
        for node in nodes(path, ast.FunctionDef, ast.AsyncFunctionDef):
            yield f"{name_of(path)}:{node.lineno} {node.name}", node


def length(function):
    """Lines from `def` to the end, the docstring not counted."""
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    docstring = function.body[0]
    return lines - (docstring.end_lineno - docstring.lineno + 1)


def line_count(path):
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_a_room_imports_only_what_the_table_allows(path):
    room = room_of(path)
    allowed = (room, *OUR_ROOMS[room], *THIRD_PARTIES.get(room, ()), *sys.stdlib_module_names)

    assert [name for name in imported_names(path) if not is_within(name, allowed)] == []


def test_a_job_is_changed_only_where_jobs_are_at_home():
    job_fields = {field.name for field in dataclasses.fields(Job)}
    outside = python_files("integrations", "lifecycle", "worker", "api", "function_app")

    calls = [(path, node) for path in outside for node in nodes(path, ast.Call)]
    changes = [
        f"{name_of(path)}:{node.lineno}"
        for path, node in calls
        if ast.unparse(node.func) in {"replace", "dataclasses.replace", "copy.replace"}
        and {each.arg for each in node.keywords} & {*job_fields, None}
    ]

    assert changes == []


def exists(module):
    place = ROOT / module.replace(".", "/")
    return place.is_dir() or place.with_suffix(".py").exists()


def test_the_architecture_page_shows_the_same_table():
    section = (
        (ROOT / "docs/architecture.md").read_text(encoding="utf-8").partition("## The rooms")[2]
    )
    rows = re.findall(r"^\| (`.*) \| .* \| (.*) \|$", section, re.MULTILINE)

    shown = {
        room.removesuffix("/").removesuffix(".py"): re.findall(r"[\w.]+", imports)
        for rooms, imports in rows
        for room in re.findall(r"`([^`]+)`", rooms)
    }

    assert shown == {
        room: [each for each in allowed if exists(each)] or ["nothing"]
        for room, allowed in OUR_ROOMS.items()
    }


@pytest.mark.parametrize("path", python_files("api"), ids=name_of)
def test_the_doors_take_nothing_from_the_services_but_settings_and_clock(path):
    taken = {
        ast.unparse(node)
        for node in nodes(path, ast.Attribute)
        if ast.unparse(node.value) in {"services", "self._services"}
    }

    assert taken <= {"services.settings", "services.clock"}


def inner_room_of(name, place, table):
    """The innermost of the table's rooms that holds a module or a name of it; None: no room."""
    holding = [room for room in table if is_within(name, [f"{place}.{room}"])]
    return max(holding, key=len, default=None)


@pytest.mark.parametrize(
    ("place", "table", "room"),
    [
        *(("processing", ROOMS_OF_PROCESSING, room) for room in ROOMS_OF_PROCESSING),
        *(("devhost", ROOMS_OF_DEVHOST, room) for room in ROOMS_OF_DEVHOST),
    ],
)
def test_a_room_within_a_room_imports_only_what_its_table_allows(place, table, room):
    files = (ROOT / place / room.replace(".", "/")).glob("*.py")
    rooms = (None, room, *table[room])
    modules = [f"{place}.{each}" for each in rooms if each not in (*table, None)]

    imported = set(chain.from_iterable(map(imported_names, files)))

    outside = [name for name in imported if inner_room_of(name, place, table) not in rooms]
    assert [name for name in outside if not is_within(name, modules)] == []


def test_only_one_room_decodes_pixels():
    room = ROOT / "processing/image/pixels"
    outside = [path for path in python_files("processing") if path.parent != room]

    found = {name_of(path) for path in outside if is_pillow(imported_names(path))}

    assert found == set()


def test_no_import_comes_back_to_where_it_started():
    files = PRODUCT + PROGRAMS
    modules = {name_of(path).removesuffix(".py").replace("/", "."): path for path in files}
    graph = {}
    for module, path in modules.items():
        names = set(imported_names(path))
        names |= {name.rpartition(".")[0] for name in names}
        graph[module] = names & modules.keys() - {module}

    list(graphlib.TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("path", EVERYTHING, ids=name_of)
def test_only_the_settings_read_the_environment(path):
    if room_of(path) in READ_THE_ENVIRONMENT:
        return

    touched = [ast.unparse(node) for node in nodes(path, ast.Attribute)]

    assert not {"os.environ", "os.getenv", "os.putenv"} & set(touched)


def test_the_function_app_only_wires():
    assert line_count(ROOT / "function_app.py") <= 120


def test_no_file_is_longer_than_three_hundred_lines():
    assert [name_of(path) for path in EVERYTHING if line_count(path) > 300] == []


def test_no_function_is_longer_than_forty_lines():
    assert [name for name, node in functions(EVERYTHING) if length(node) > 40] == []


def test_no_function_of_the_product_takes_more_than_five_arguments():
    too_many = []
    for name, node in functions(PRODUCT):
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        if len([each for each in given if each.arg not in {"self", "cls"}]) > 5:
            too_many.append(name)

    assert too_many == []


def test_the_product_is_made_of_small_functions_in_small_files():
    assert statistics.median(length(node) for _, node in functions(PRODUCT)) <= 8
    assert statistics.median(line_count(path) for path in PRODUCT if line_count(path)) <= 90
