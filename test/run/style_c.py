"""Rules for C.  Each takes {path: text} and yields (path, line, message)."""

import re

FLOORS = ["base", "tokenizer", "example", "provider", "http", "dataset",
          "worker", "model", "report"]
PURE_FLOORS = {"tokenizer", "example", "provider"}
MAX_FUNCTION = 100
MAX_PARAMETERS = 6
MAX_SOURCE = 600
MAX_HEADER = 120
MAX_COLUMNS = 79
MAX_MEDIAN = 20
MAX_P90 = 60
GENERATED = "hft-style: generated"

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')
TOKEN = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
    re.DOTALL)


def blank(text, keep_strings=False):
    """The text with comments (and strings) blanked, lines kept."""
    def replace(match):
        token = match.group(0)
        if token[0] == '"':
            return token if keep_strings else '"' + \
                " " * (len(token) - 2) + '"'
        if token[0] == "'":
            return "' '" if len(token) < 3 else "'" + \
                "x" * (len(token) - 2) + "'"
        return re.sub(r"[^\n]", " ", token)
    return TOKEN.sub(replace, text)


def c_files(tree, *endings):
    """Sources and headers of the library itself."""
    for path, text in sorted(tree.items()):
        if path.startswith("src/") and path.endswith(endings or (".c", ".h")):
            yield path, text


def floor_of(path):
    parts = path.split("/")
    return parts[1] if len(parts) > 2 and parts[1] in FLOORS else None


def generated(text):
    return GENERATED in text[:2000]


def line_at(text, position):
    return text.count("\n", 0, position) + 1


def includes(text):
    for number, line in enumerate(blank(text, True).splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) == '"', match.group(2)


def include_direction(tree):
    """Folders are floors: a file includes its own floor and those below."""
    for path, text in c_files(tree):
        here = floor_of(path)
        for number, _, name in includes(text):
            there = name.split("/")[0] if "/" in name else None
            if there not in FLOORS or here is None:
                continue
            if FLOORS.index(there) > FLOORS.index(here):
                yield path, number, f"{here}/ must not include {name}"


def pure_floors(tree):
    """tokenizer, example and provider know nothing of PostgreSQL."""
    impure = {path[len("src/"):] for path, text in c_files(tree, ".h")
              if "Include postgres.h first" in text}
    for path, text in c_files(tree):
        if floor_of(path) in PURE_FLOORS:
            for number, _, name in includes(text):
                if name.startswith("postgres") or name == "fmgr.h" \
                        or name in impure:
                    yield path, number, f"a pure floor includes {name}"


def postgres_first(tree):
    """A source includes postgres.h first, or it is pure and never does."""
    for path, text in c_files(tree, ".c"):
        names = [(number, name) for number, _, name in includes(text)]
        for position, (number, name) in enumerate(names):
            if name == "postgres.h" and position:
                yield path, number, "postgres.h must be the first include"
        if names and names[0][1] != "postgres.h" and (
                floor_of(path) is None):
            yield path, names[0][0], "postgres.h must be the first include"


def header_form(tree):
    """Headers are guarded and never include postgres.h."""
    for path, text in c_files(tree, ".h"):
        for number, _, name in includes(text):
            if name == "postgres.h":
                yield path, number, "a header must not include postgres.h"
        if not re.search(r"^#ifndef HFT_\w+_H\n#define HFT_\w+_H$", text,
                         re.MULTILINE):
            yield path, 1, "no guard of the form HFT_NAME_H"


def versions(tree):
    """Only compat.h asks for versions, or uses what a newer one lacks."""
    for path, text in tree.items():
        if not path.endswith((".c", ".h")) or path == "src/compat.h":
            continue
        for match in re.finditer(r"PG_VERSION_NUM|LIBCURL_VERSION_NUM"
                                 r"|pg_attribute_noreturn",
                                 blank(text)):
            yield path, line_at(text, match.start()), \
                f"{match.group(0)} belongs into src/compat.h"


def functions(text):
    """Yield (line, name, parameters, length) of each function of a source."""
    lines = blank(text).splitlines()
    start = None
    for number, line in enumerate(lines):
        if line == "{":
            start = number
        elif line.startswith("}") and start is not None:
            if line.rstrip() == "}":
                head = "\n".join(lines[max(0, start - 14):start])
                match = None
                for match in re.finditer(r"^(\w+)\(", head, re.MULTILINE):
                    pass
                if match:
                    listed = head[match.end():].rsplit(")", 1)[0]
                    listed = re.sub(r"\([^()]*\)", "", listed)
                    yield (start + 1, match.group(1),
                           listed.count(",") + 1, number - start + 1)
            start = None


def function_size(tree):
    """No function above 100 lines, none with more than 6 parameters."""
    for path, text in c_files(tree, ".c"):
        if generated(text):
            continue
        for line, name, parameters, length in functions(text):
            if length > MAX_FUNCTION:
                yield path, line, \
                    f"{name} has {length} lines, over {MAX_FUNCTION}"
            # the server's hooks have the signature the server chose
            if parameters > MAX_PARAMETERS and not name.endswith("_hook"):
                yield path, line, f"{name} has {parameters} parameters, " \
                    f"over {MAX_PARAMETERS}: make a struct"


def function_spread(tree):
    """Most functions are short: median and ninetieth percentile."""
    lengths = sorted(
        length for path, text in c_files(tree, ".c") if not generated(text)
        for _, _, _, length in functions(text))
    if not lengths:
        return
    median = lengths[len(lengths) // 2]
    p90 = lengths[len(lengths) * 9 // 10]
    if median > MAX_MEDIAN:
        yield "src", 0, f"median function has {median} lines"
    if p90 > MAX_P90:
        yield "src", 0, f"a tenth of the functions have over {p90} lines"


def file_size(tree):
    """Sources stay below 600 lines, headers below 120."""
    for path, text in c_files(tree):
        limit = MAX_HEADER if path.endswith(".h") else MAX_SOURCE
        lines = text.count("\n")
        if lines > limit and not generated(text):
            yield path, lines, f"{lines} lines, over {limit}"


def c_layout(tree):
    """79 columns, tabs, no // comments."""
    for path, text in tree.items():
        if not path.endswith((".c", ".h")) or generated(text):
            continue
        bare = blank(text).splitlines()
        for number, line in enumerate(text.splitlines(), 1):
            code = bare[number - 1].rstrip()
            # a literal or a comment beside the code may stick out
            wide = len((code or line).expandtabs(4))
            if wide > MAX_COLUMNS and '"' not in code:
                yield path, number, f"{wide} columns, over {MAX_COLUMNS}"
            if line.startswith("    ") and code:
                yield path, number, "indented by spaces"
        for match in TOKEN.finditer(text):
            if match.group(0).startswith("//"):
                yield path, line_at(text, match.start()), "// comment"


def calls(text, name):
    """Yield (position, whole text) of each call of a function."""
    bare = blank(text)
    for match in re.finditer(rf"\b{name}\s*\(", bare):
        depth = 0
        for position in range(match.end() - 1, len(bare)):
            depth += {"(": 1, ")": -1}.get(bare[position], 0)
            if depth == 0:
                yield match.start(), text[match.start():position + 1]
                break


def sqlstate(tree):
    """Every ereport(ERROR) or ereport(WARNING) chooses its SQLSTATE."""
    for path, text in c_files(tree, ".c"):
        for position, call in calls(text, "ereport"):
            if re.match(r"ereport\s*\(\s*(ERROR|WARNING|FATAL)\b", call) \
                    and not re.search(r"errcode|hft_\w*err\w*\(", call):
                yield path, line_at(text, position), "ereport without errcode"


def literal(call):
    """The first argument of a message call, if it is a literal."""
    match = re.match(r'\w+\s*\(\s*((?:"(?:\\.|[^"\\])*"\s*)+)[,)]', call)
    if not match:
        return None
    return "".join(re.findall(r'"((?:\\.|[^"\\])*)"', match.group(1)))


def messages(tree):
    """errmsg: no capital, no full stop; detail and hint: sentences."""
    for path, text in c_files(tree, ".c"):
        for position, call in calls(text, "errmsg"):
            said = literal(call)
            if said and (re.match(r"[A-Z][a-z]", said) or said.endswith(".")
                         or "\\n" in said):
                yield path, line_at(text, position), \
                    f'not a primary message: "{said}"'
        for name in ("errdetail", "errhint"):
            for position, call in calls(text, name):
                said = literal(call)
                if said and said != "%s" and (
                        re.match(r"[a-z]", said)
                        or not said.endswith((".", "?", "%s", ":"))):
                    yield path, line_at(text, position), \
                        f'not a sentence: "{said}"'


RULES = [include_direction, pure_floors, postgres_first, header_form,
         versions, function_size, function_spread, file_size, c_layout,
         sqlstate, messages]
