"""A DC-09 receiver by pysiaalarm: prints its port, then one JSON object for each event that it accepted.

Usage: receiver.py ACCOUNT[=ASCIIKEY]…    It ends when its standard input does.
"""

import asyncio
import json
import os
import sys

from pysiaalarm import SIAAccount
from pysiaalarm.aio import SIAClient


def say(value):
    print(json.dumps(value), flush=True)


async def accepted(event):
    say(
        {
            "account": event.account,
            "type": event.message_type.value,
            "sequence": event.sequence,
            "encrypted": event.encrypted,
            "receiver": event.receiver,
            "line": event.line,
            "code": event.code,
            "qualifier": event.event_qualifier,
            "event_type": event.event_type,
            "partition": event.partition,
            "ri": event.ri,
            "message": event.message,
            "extended": event.x_data,
        }
    )


async def main():
    accounts = []
    for argument in sys.argv[1:]:
        account, _, key = argument.partition("=")
        accounts.append(SIAAccount(account, key or None))
    client = SIAClient("127.0.0.1", 0, accounts, function=accepted)
    await client.async_start()
    say({"port": client.server.sockets[0].getsockname()[1]})
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.read)
    say({"counts": client.counts.to_dict() if hasattr(client.counts, "to_dict") else vars(client.counts)})
    # Without a farewell to open connections: asyncio would complain of each.
    os._exit(0)


asyncio.run(main())
