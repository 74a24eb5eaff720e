"""Frames read by siadc09: for each line `FRAMEHEX [KEYHEX]` on standard input one JSON object."""

import json
import sys

from siadc09 import admcid, dc05, message, siadcs

# Release 1.0.1 names 2 as the restore qualifier of DC-05; every panel and every other peer sends 3.
dc05.NEWRESTORE = "3"


def cid(event):
    return {"qualifier": event.qualifier, "code": event.code, "group": event.group, "address": event.addr}


def dcs(block):
    function = block.functioncode
    function = function.decode("ascii") if isinstance(function, bytes) else function
    events = [
        {
            "code": event.code,
            "address": event.addr,
            "text": event.descr,
            "modifiers": {tag: modifier.value for tag, modifier in event.modifiers.items()},
        }
        for event in getattr(block, "events", [])
    ]
    return {"function": function, "events": events}


def data(value):
    if isinstance(value, admcid.DataCid):
        return {"account": str(value.acct), "cid": cid(value.event)}
    if isinstance(value, siadcs.DataDcsGroup):
        return {"blocks": [dcs(block) for block in value.blocks]}
    return {"label": value.label}


def parse(line):
    frame, *key = line.split()
    keys = {None: bytes.fromhex(key[0])} if key else None
    read = message.parse_frame(bytes.fromhex(frame), keys)
    return {
        "token": read.idtoken,
        "sequence": read.seq,
        "encrypted": bool(read.encrypted),
        "receiver": read.account.rcvr,
        "line": read.account.pref,
        "account": read.account.acct,
        "content": read.data.pack(brackets=False).decode("latin-1") if read.data else None,
        "data": data(read.data) if read.data else None,
        "extended": [[x.prefix, x.pack()[len(x.prefix) :].decode("utf-8", "backslashreplace")] for x in read.xdata],
        "timestamp": read.timestamp.strftime("%H:%M:%S,%m-%d-%Y") if read.timestamp else None,
    }


for line in sys.stdin:
    try:
        answer = parse(line)
    except Exception as error:  # every failure is the test's to judge
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer, default=str), flush=True)
