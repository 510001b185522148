"""ICC profiles that tests make for themselves: of printers, of grays, and of no use at all."""

D50 = (0.9642, 1.0, 0.8249)


def fixed(value):
    return round(value * 65536).to_bytes(4, "big", signed=True)


def xyz(values):
    return b"XYZ " + bytes(4) + b"".join(map(fixed, values))


def gamma_curve(gamma):
    return b"curv" + bytes(4) + (1).to_bytes(4, "big") + round(gamma * 256).to_bytes(2, "big")


def assembled(kind, space, pcs, tags):
    named = {
        b"desc": b"desc" + bytes(4) + (5).to_bytes(4, "big") + b"test\0" + bytes(78),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": xyz(D50),
        **tags,
    }
    table, body, at = len(named).to_bytes(4, "big"), b"", 132 + 12 * len(named)
    for tag, content in named.items():
        table += tag + (at + len(body)).to_bytes(4, "big") + len(content).to_bytes(4, "big")
        body += content + bytes(-len(content) % 4)
    head = bytes(8) + bytes.fromhex("02100000") + kind + space + pcs + bytes(12) + b"acsp"
    head = head.ljust(68, b"\0") + b"".join(map(fixed, D50))
    profile = head.ljust(128, b"\0") + table + body
    return len(profile).to_bytes(4, "big") + profile[4:]


def gray(gamma):
    return assembled(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": gamma_curve(gamma)})


def printer(of_inks):
    """A CMYK profile by a table; `of_inks` gives L, a, b for 0 or 1 of each ink."""
    identity = bytes(range(256))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0])
    table += b"".join(fixed(value) for value in (1, 0, 0, 0, 1, 0, 0, 0, 1)) + identity * 4
    for index in range(16):
        inks = [index >> shift & 1 for shift in (3, 2, 1, 0)]
        lightness, a, b = of_inks(*inks)
        table += bytes([round(lightness * 2.55), round(a + 128), round(b + 128)])
    return assembled(b"prtr", b"CMYK", b"Lab ", {b"A2B0": table + identity * 3})
