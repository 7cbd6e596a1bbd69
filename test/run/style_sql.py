"""Rules for the SQL scripts of the extension, and for files of any kind."""

import os
import re

QUOTED = re.compile(
    r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$", re.DOTALL)
OBJECT = (r"CREATE\s+(?:OR\s+REPLACE\s+)?"
          r"(TABLE|VIEW|TYPE|DOMAIN|FUNCTION|PROCEDURE|AGGREGATE)\s+"
          r"(?:IF\s+NOT\s+EXISTS\s+)?([\w.\"]+)")


def sql_files(tree):
    for path, text in sorted(tree.items()):
        if re.match(r"sql/[^/]+\.sql$", path):
            yield path, text


def bare(text):
    """Comments and literals blanked, lines and the word count kept."""
    def replace(match):
        token = match.group(0)
        if token.startswith("'"):
            return "'" + re.sub(r"[^\n]", "x", token[1:-1]) + "'"
        return re.sub(r"[^\n]", " ", token)
    return QUOTED.sub(replace, text)


def line_at(text, position):
    return text.count("\n", 0, position) + 1


def statements(text):
    """Yield (line, statement) with bodies of BEGIN ATOMIC kept whole."""
    stripped = bare(text)
    start = depth = parens = 0
    words = re.compile(r"\bBEGIN\s+ATOMIC\b|\bCASE\b|\bEND\b|[;()]",
                       re.IGNORECASE)
    for match in words.finditer(stripped):
        word = match.group(0).upper()
        if word.startswith("BEGIN"):
            depth += 1
        elif word == "CASE":
            depth += 1
        elif word == "END":
            depth = max(0, depth - 1)
        elif word in "()":
            parens += 1 if word == "(" else -1
        elif depth == 0 and parens == 0:
            whole = stripped[start:match.start()]
            lead = len(whole) - len(whole.lstrip())
            yield line_at(stripped, start + lead), whole.strip()
            start = match.end()


def is_update(path):
    """An update script, which changes what an earlier one made."""
    return re.search(r"--[\d.]+--[\d.]+\.sql$", path) is not None


def no_adoption(tree):
    """A planted object must make the script fail, not become ours."""
    for path, text in sql_files(tree):
        # PostgreSQL replaces only what the extension owns already
        banned = r"IF\s+NOT\s+EXISTS" if is_update(path) \
            else r"CREATE\s+OR\s+REPLACE|IF\s+NOT\s+EXISTS"
        for match in re.finditer(banned, bare(text), re.IGNORECASE):
            yield path, line_at(text, match.start()), \
                " ".join(match.group(0).upper().split())


def qualified(tree):
    """Every object is created in the schema hft by name."""
    for path, text in sql_files(tree):
        for line, statement in statements(text):
            match = re.match(OBJECT, statement, re.IGNORECASE)
            if match and not match.group(2).startswith("hft."):
                yield path, line, f"{match.group(2)} is not qualified"


def definer_path(tree):
    """SECURITY DEFINER needs a search_path that ends in pg_temp."""
    for path, text in sql_files(tree):
        for line, statement in statements(text):
            if re.search(r"SECURITY\s+DEFINER", statement, re.IGNORECASE) \
                    and not re.search(
                        r"SET\s+search_path\s*(=|TO)\s*pg_catalog\s*,"
                        r"\s*pg_temp", statement, re.IGNORECASE):
                yield path, line, "SECURITY DEFINER without " \
                    "SET search_path = pg_catalog, pg_temp"


def c_attributes(tree):
    """C functions say volatility, strictness and parallel safety."""
    wanted = {
        "volatility": r"\b(IMMUTABLE|STABLE|VOLATILE)\b",
        "strictness": r"\bSTRICT\b|ON\s+NULL\s+INPUT",
        "parallel safety": r"\bPARALLEL\s+(SAFE|RESTRICTED|UNSAFE)\b"}
    for path, text in sql_files(tree):
        for line, statement in statements(text):
            if re.match(r"CREATE\s+FUNCTION", statement, re.IGNORECASE) \
                    and re.search(r"\bLANGUAGE\s+'?C\b", statement,
                                  re.IGNORECASE):
                for what, pattern in wanted.items():
                    if not re.search(pattern, statement, re.IGNORECASE):
                        yield path, line, f"C function without {what}"


def revoked(tree):
    """Right after each function its EXECUTE is taken from PUBLIC."""
    for path, text in sql_files(tree):
        found = list(statements(text))
        for position, (line, statement) in enumerate(found):
            match = re.match(OBJECT, statement, re.IGNORECASE)
            if not match or match.group(1).upper() not in (
                    "FUNCTION", "PROCEDURE", "AGGREGATE"):
                continue
            if re.match(r"CREATE\s+OR\s+REPLACE", statement, re.IGNORECASE):
                continue        # it keeps its privileges
            name = re.escape(match.group(2))
            following = " ; ".join(text for _, text in
                                   found[position + 1:position + 4])
            if not re.search(
                    rf"REVOKE\s+(ALL|EXECUTE)\s+ON\s+"
                    rf"(FUNCTION|PROCEDURE|ROUTINE)\s+{name}\s*\(.*?\)"
                    rf"\s+FROM\s+PUBLIC", following,
                    re.IGNORECASE | re.DOTALL):
                yield path, line, f"{match.group(2)}: no REVOKE right after"


def commented(tree):
    """Every object has its COMMENT ON."""
    text = "\n".join(bare(text) for _, text in sql_files(tree))
    for path, content in sql_files(tree):
        for line, statement in statements(content):
            match = re.match(OBJECT, statement, re.IGNORECASE)
            if match and not re.search(
                    rf"COMMENT\s+ON\s+{match.group(1)}\s+"
                    rf"{re.escape(match.group(2))}\b", text, re.IGNORECASE):
                yield path, line, f"{match.group(2)}: no COMMENT ON"


def orphans(tree):
    """Tests have expected results, expected results have tests."""
    tests = {os.path.splitext(os.path.basename(path))[0]: path
             for path in tree
             if re.match(r"test/(sql|specs)/[^/]+\.(sql|spec)$", path)}
    results = set()
    for path in tree:
        match = re.match(r"expected/(.+?)(_\d)?\.out$", path)
        if not match:
            continue
        whole = match.group(1) + (match.group(2) or "")
        results |= {match.group(1), whole}
        if match.group(1) not in tests and whole not in tests:
            yield path, 1, "expected result of no test"
    for name, path in tests.items():
        if name not in results:
            yield path, 1, f"no expected/{name}.out"


TEXT = (".c", ".h", ".sql", ".pl", ".pm", ".py", ".sh", ".mk", ".md",
        ".spec", ".control", ".json", "Makefile")


def whitespace(tree):
    """No trailing blanks, no CR, a newline at the end."""
    for path, text in sorted(tree.items()):
        if not path.endswith(TEXT):
            continue
        for number, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip():
                yield path, number, "trailing blank"
        if text and not text.endswith("\n"):
            yield path, text.count("\n") + 1, "no newline at the end"


def unfinished(tree):
    """Nothing is left to be done later."""
    words = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
    for path, text in sorted(tree.items()):
        if not path.endswith(TEXT):
            continue
        for match in words.finditer(text):
            yield path, line_at(text, match.start()), match.group(0)


RULES = [no_adoption, qualified, definer_path, c_attributes, revoked,
         commented, orphans, whitespace, unfinished]
