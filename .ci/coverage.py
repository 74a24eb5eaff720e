"""Line coverage of src/codec and src/event from an lcov file: LCOV SRC LEAST [yes: list what is missing].

One line a folder; status 1 where codec or event has less than LEAST percent. Modules of tests do not count.
"""

import collections
import os
import re
import sys

lcov, src, least, missing = sys.argv[1], sys.argv[2], float(sys.argv[3]), len(sys.argv) > 4
hits = collections.defaultdict(lambda: collections.defaultdict(int))
name = None
for row in open(lcov):
    row = row.strip()
    if row.startswith("SF:"):
        name = os.path.relpath(row[3:], src)
    elif row.startswith("DA:"):
        line, count = row[3:].split(",")[:2]
        hits[name][int(line)] = max(hits[name][int(line)], int(count))


def first_of_tests(name):
    """The line where a file's module of tests begins; all that follow are its own."""
    lines = open(os.path.join(src, name)).read().split("\n")
    for at, (first, second) in enumerate(zip(lines, lines[1:])):
        if first == "#[cfg(test)]" and re.match(r"mod \w+ \{", second):
            return at + 1
    return len(lines) + 1


totals = collections.defaultdict(lambda: [0, 0])
for name in sorted(hits):
    parts = name.split("/")
    if parts[0] not in ("codec", "event") or re.search(r"(^|/|_)tests(/|\.rs$)", name):
        continue
    end = first_of_tests(name)
    lines = {line: count for line, count in hits[name].items() if line < end}
    folder = "/".join(parts[:2]) if len(parts) > 2 else parts[0] + "/*.rs"
    for key in (folder, parts[0]):
        totals[key][0] += len(lines)
        totals[key][1] += sum(count > 0 for count in lines.values())
    open_lines = sorted(line for line, count in lines.items() if count == 0)
    if missing and open_lines:
        print("%s: %s" % (name, " ".join(map(str, open_lines))))

print("%-20s %8s %8s %8s" % ("folder", "lines", "covered", "percent"))
for key in sorted(totals, key=lambda key: (key in ("codec", "event"), key)):
    count, covered = totals[key]
    print("%-20s %8d %8d %7.1f%%" % (key, count, covered, 100 * covered / max(count, 1)))
low = [key for key in ("codec", "event") if 100 * totals[key][1] < least * totals[key][0] or not totals[key][0]]
if low:
    print("below %g %%: %s" % (least, ", ".join(low)), file=sys.stderr)
    sys.exit(1)
