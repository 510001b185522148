"""A module for a zygote whose forks run the code that a test gives them."""

from processing.image.pixels import request as images


def run(request):
    exec(request["code"], {})
    return {"done": True}


images._ACTIONS["run"] = run
preload, answer = images.preload, images.answer
