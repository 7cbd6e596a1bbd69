"""Examples in the documentation: what is run, and what it must print.

A ```sql block is an example, and a ``` block right below it is its output.
There "…" stands for anything: within a line, or alone on a line for any
number of lines.  An example below a line "<!-- repeats -->" is for running
until it prints that.
"""

import re

REPEATS = "<!-- repeats -->"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def read_examples(text):
    """Return [[line, SQL, output or None, repeats?]] of a document."""
    examples = []
    end_of_sql = None
    for block in FENCE.finditer(text):
        language, body = block.groups()
        if language == "sql":
            line = text.count("\n", 0, block.start()) + 1
            above = text[:block.start()].rstrip()
            examples.append([line, body, None, above.endswith(REPEATS)])
            end_of_sql = block.end()
        elif not language and end_of_sql is not None \
                and not text[end_of_sql:block.start()].strip():
            examples[-1][2] = body
            end_of_sql = None
        else:
            end_of_sql = None
    return examples


def pattern_of(output):
    """The regular expression for what a document shows."""
    lines = []
    for line in output.rstrip().splitlines():
        if line.strip() == "…":
            lines.append(r"(?:.*\n)*?")
        else:
            parts = (re.escape(part) for part in line.rstrip().split("…"))
            lines.append(".*".join(parts) + r"\n")
    return re.compile("".join(lines))


def normalise(output):
    """What psql printed, without space at the ends of lines."""
    lines = [line.rstrip() for line in output.splitlines()]
    return "\n".join(lines).strip("\n") + "\n"
