"""Checks the demo's JSON: nothing lost, nothing twice, five functions, both paths."""

import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    report = json.load(file)

wrong = []


def expect(what, holds):
    if not holds:
        wrong.append(what)


FUNCTIONS = {"hold_up", "burglary", "fire", "gas", "emergency"}
KEYS = """due acknowledged delivered unacknowledged lost repeated duplicated misordered
by_function by_path ack_ms end_to_end_ms journal""".split()

for key in KEYS:
    expect(f"the key {key}", key in report)
expect("lost is 0", report.get("lost") == 0)
expect("duplicated is 0", report.get("duplicated") == 0)
expect("misordered is 0", report.get("misordered") == 0)
expect("something was due", report.get("due", 0) > 0)
expect("something was delivered", report.get("delivered", 0) > 0)


def count(value):
    """What passed, whether a plain number or an object of counts stands there."""
    return value.get("delivered", value.get("due", 0)) if isinstance(value, dict) else value


functions = report.get("by_function", {})
expect("by_function names the five", set(functions) == FUNCTIONS)
expect("every function was delivered", all(count(value) > 0 for value in functions.values()))
paths = report.get("by_path", {})
expect("by_path has two paths", len(paths) >= 2)
expect("every path delivered", all(count(value) > 0 for value in paths.values()))
for figure in ("ack_ms", "end_to_end_ms"):
    for key in ("p50", "p90", "p99", "p999", "max"):
        expect(f"{figure}.{key}", key in report.get(figure, {}))
for key in ("events", "commits", "synced"):
    expect(f"journal.{key}", key in report.get("journal", {}))

for what in wrong:
    print(f"demo: does not hold: {what}", file=sys.stderr)
print(f"demo: {len(wrong)} of its checks failed" if wrong else "demo: every check holds")
sys.exit(1 if wrong else 0)
