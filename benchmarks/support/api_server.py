"""Serves the API by uvicorn alone: the product without a host in front of it.

The settings come from the environment. Two routes beside the API answer the same, one behind the
key and one without: what lies between them is the key check.
"""

import argparse

import uvicorn
from fastapi import Depends

from api.app import create_api
from api.key import caller_who_may
from jobs.caller import Scope
from lifecycle.services import connect
from settings import load_settings


def main() -> None:
    """Serves until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    services = connect(load_settings())
    api = create_api(services)
    guard = caller_who_may(services, Scope.READ)

    def nothing() -> dict[str, str]:
        return {}

    api.add_api_route("/bench/open", nothing)
    api.add_api_route("/bench/guarded", nothing, dependencies=[Depends(guard)])
    port: int = parser.parse_args().port
    uvicorn.run(api, host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
