"""What devhost refuses to start, and how it says so."""

import socket

import httpx2
import pytest

from tests.devhost.running import devhost, refusal, write_app

HELLO = """
import azure.functions as func
from azurefunctions.extensions.http.fastapi import Request, Response

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.route(route="hello")
def hello(req: Request) -> Response:
    return Response("hello")
"""
WHOLE_REQUESTS = """
import azure.functions as func

app = func.FunctionApp()


@app.route()
def hello(req: func.HttpRequest) -> str: ...
"""
WORK = (
    HELLO
    + """
@app.queue_trigger(arg_name="msg", queue_name="work", connection="AzureWebJobsStorage")
def on_work(msg: func.QueueMessage) -> None:
    pass
"""
)
NOBODY = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=a2V5;"
    "BlobEndpoint=http://127.0.0.1:9/devstoreaccount1;QueueEndpoint=http://127.0.0.1:9/devstoreaccount1;"
)


@pytest.mark.parametrize(
    ("code", "host_json", "line"),
    [
        (HELLO, "{", "host.json cannot be read: Expecting property name"),
        (HELLO, {"version": "1.0"}, 'host.json: "version" must be "2.0".'),
        ("import nowhere", None, "The app cannot be loaded. ModuleNotFoundError: No module named"),
        ("raise SystemExit(3)", None, "The app cannot be loaded. SystemExit: 3"),
        ("x = 1", None, "Could not find top level function app instances in function_app.py."),
        (
            HELLO + "second = func.FunctionApp()\n",
            None,
            "More than one FunctionApp or other top level function app instances are defined.",
        ),
        (
            HELLO.replace("hello(req:", "hello(request:"),
            None,
            "cannot load the hello function: the following parameters are declared in Python",
        ),
        (
            HELLO.replace('route="hello"', 'route="hello", trigger_arg_name="the_req"').replace(
                "req:", "the_req:"
            ),
            None,
            "The 'hello' function is in error: The binding name the_req is invalid.",
        ),
        (
            HELLO.replace("-> Response", "-> bytes"),
            None,
            'Python return annotation "bytes" does not match binding type "http"',
        ),
        (
            HELLO.replace("req: Request", "req: func.HttpRequest"),
            None,
            "cannot load the hello function: type of req binding",
        ),
        (
            WHOLE_REQUESTS,
            None,
            "devhost cannot run the hello function: it serves HTTP by streams alone",
        ),
        (WORK, None, "The 'on_work' function is in error: Storage account connection string "),
        (WORK, {"version": "2.0"}, "The binding type(s) 'queueTrigger' are not registered"),
    ],
)
def test_a_faulty_app_is_refused_with_a_line_that_says_why(tmp_path, code, host_json, line):
    status, output = refusal(tmp_path / "run", write_app(tmp_path / "app", code, host_json))

    assert status == 1
    last = output[output.index("devhost: ") :].rstrip()
    assert line in last
    assert "\n" not in last


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def (:", "SyntaxError"),
        (
            "class Refusal(Exception):\n    faults = ()\nraise Refusal('- A: is wrong')",
            "- A: is wrong",
        ),
    ],
)
def test_a_fault_that_says_where_it_is_comes_without_a_stack(tmp_path, code, reason):
    status, output = refusal(tmp_path / "run", write_app(tmp_path / "app", code))

    assert status == 1
    assert reason in output
    assert "Traceback" not in output


def test_a_busy_port_is_refused(tmp_path):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]

        status, output = refusal(
            tmp_path / "run",
            write_app(tmp_path / "app", HELLO),
            arguments=["--port", str(port)],
        )

    assert (status, output.count("\n")) == (1, 1)
    assert output.startswith(f"devhost: Port {port} is in use by another program.")


def test_storage_that_does_not_answer_is_refused(tmp_path):
    app = write_app(tmp_path / "app", WORK)

    status, output = refusal(tmp_path / "run", app, AzureWebJobsStorage=NOBODY)

    assert status == 1
    assert output.startswith(
        "devhost: The storage account of 'AzureWebJobsStorage' does not answer"
    )


def test_an_app_without_storage_triggers_needs_no_storage(tmp_path):
    settings = {
        "IsEncrypted": False,
        "Values": {"FROM_FILE": "file", "FROM_BOTH": "file"},
        "Host": {"CORS": "*"},
    }
    told = "' '.join(os.environ[name] for name in ('FROM_FILE', 'FROM_BOTH'))"
    code = "import os\n" + HELLO.replace('Response("hello")', f"Response({told})")
    app = write_app(tmp_path / "app", code, local_settings=settings)

    with devhost(None, tmp_path / "run", app, FROM_BOTH="environment") as toy:
        answer = httpx2.get(f"{toy.url}/api/hello", headers={"Origin": "https://any.test"})

    assert answer.text == "file environment"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Skipping 'FROM_BOTH' from local settings" in toy.output
