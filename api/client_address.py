"""The address of a client, as the proxies that are trusted tell it."""

from fastapi import Request


def address_of_client(request: Request, trusted_hops: int) -> str:
    """The entry of X-Forwarded-For that the outermost trusted proxy wrote, without its port.

    What a client writes into that header itself stands further left, and does not count. With
    fewer entries than trusted proxies, or none trusted, the address of the socket.
    """
    entries = [
        entry.strip()
        for header in request.headers.getlist("x-forwarded-for")
        for entry in header.split(",")
    ]
    if 0 < trusted_hops <= len(entries):
        return without_port(entries[-trusted_hops])
    return request.client.host if request.client else ""


def without_port(text: str) -> str:
    """`1.2.3.4:5678` and `[2001:db8::1]:443` as the address alone."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
