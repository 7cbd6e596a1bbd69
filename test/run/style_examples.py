"""For each rule: trees it must object to, and trees it must let pass."""

GUARDED = "#ifndef HFT_A_H\n#define HFT_A_H\n#endif\n"


def function(lines, parameters="void"):
    """A C function whose body has so many lines, braces included."""
    return ("static int\nwork(" + parameters + ")\n{\n"
            + "\twork();\n" * (lines - 2) + "}\n")


def sql(text):
    return {"sql/00_a.sql": text}


def source(text, path="src/worker/a.c"):
    return {path: text}


C_FUNCTION = "CREATE FUNCTION hft.f(text) RETURNS text\nAS 'x', 'f'\n" \
    "LANGUAGE C {};\n"
COMPLETE = C_FUNCTION.format("IMMUTABLE STRICT PARALLEL SAFE")
REVOKE = "REVOKE ALL ON FUNCTION hft.f(text) FROM PUBLIC;\n"
COMMENT = "COMMENT ON FUNCTION hft.f(text) IS 'A; B';\n"

EXAMPLES = {
    "include_direction": (
        [source('#include "worker/a.h"\n', "src/http/a.c"),
         source('#include "tokenizer/a.h"\n', "src/base/a.h"),
         source('#include "http/http.h"\n', "src/provider/a.c")],
        [source('#include "postgres.h"\n#include "worker/a.h"\n',
                "src/hft.c"),
         source('#include "base/a.h"\n#include <openssl/evp.h>\n'),
         source('/* #include "report/a.h" */\n')]),
    "pure_floors": (
        [source('#include "postgres.h"\n', "src/tokenizer/a.c"),
         source('#include "fmgr.h"\n', "src/example/a.c"),
         {"src/base/sql.h": "/* Include postgres.h first. */\n",
          "src/provider/a.c": '#include "base/sql.h"\n'}],
        [source("#include <stdint.h>\n", "src/tokenizer/a.c"),
         source('#include "postgres.h"\n', "src/dataset/a.c")]),
    "postgres_first": (
        [source('#include <unistd.h>\n#include "postgres.h"\n'),
         source('#include "fmgr.h"\n', "src/hft.c")],
        [source('#include "postgres.h"\n#include <unistd.h>\n'),
         source("#include <stdint.h>\n", "src/base/a.c")]),
    "header_form": (
        [source(GUARDED + '#include "postgres.h"\n', "src/base/a.h"),
         source("#pragma once\n", "src/base/a.h")],
        [source(GUARDED, "src/base/a.h")]),
    "versions": (
        [source("#if PG_VERSION_NUM >= 170000\n#endif\n"),
         source("#if LIBCURL_VERSION_NUM > 1\n#endif\n", "src/http/a.c"),
         source("void f(void) pg_attribute_noreturn();\n")],
        [source("#if PG_VERSION_NUM >= 170000\n#endif\n", "src/compat.h"),
         source("/* PG_VERSION_NUM is not ours to ask */\n")]),
    "function_size": (
        [source(function(101)),
         source(function(3, "int a, int b, int c, int d, int e, int f,\n"
                            "     int g"))],
        [source(function(100)),
         source(function(3, "int a, int b, int c, int d, int e, int f")),
         source(function(3, "int (*f) (int, int), int b, int c, int d")),
         source("static const int table[] =\n{\n" + "\t1,\n" * 200 + "};\n"),
         source("/* hft-style: generated */\n" + function(200))]),
    "function_spread": (
        [source(function(30) * 5),
         source(function(5) * 8 + function(90) * 2)],
        [source(function(10) * 10 + function(90)), source("")]),
    "file_size": (
        [source("int a;\n" * 601), source("int a;\n" * 121, "src/a.h")],
        [source("int a;\n" * 600), source("int a;\n" * 120, "src/a.h"),
         source("/* hft-style: generated */\n" + "int a;\n" * 900)]),
    "c_layout": (
        [source("int\t\t" + "a" * 80 + ";\n"), source("    int a;\n"),
         source("int a; // no\n"), source("/* " + "a" * 80 + " */\n")],
        [source("int\t\ta;\n"), source('\tf("' + "a" * 80 + '");\n'),
         source('\tf("http://a");\n'),
         source("\tint\t\ta;\t\t/* " + "a" * 60 + " */\n")]),
    "sqlstate": (
        [source('\tereport(ERROR,\n\t\t\t(errmsg("no (really)")));\n'),
         source('\tereport(WARNING, errmsg("no"));\n')],
        [source('\tereport(ERROR,\n\t\t\t(errcode(ERRCODE_IO_ERROR),\n'
                '\t\t\t errmsg("no (really")));\n'),
         source('\tereport(LOG, errmsg("yes"));\n'),
         source("/* ereport(ERROR) */\n")]),
    "messages": (
        [source('\terrmsg("Cannot do it");\n'),
         source('\terrmsg("cannot "\n\t\t\t"do it.");\n'),
         source('\terrdetail("no sentence");\n'),
         source('\terrhint("Try again");\n')],
        [source('\terrmsg("cannot do \\"%s\\"", a);\n'),
         source('\terrmsg("HTTP status %d", a);\n'),
         source('\terrhint("Try again.");\n\terrdetail("%s", a);\n')]),
    "no_adoption": (
        [sql("CREATE OR REPLACE FUNCTION hft.f() RETURNS int;\n"),
         sql("CREATE TABLE IF NOT EXISTS hft.t ();\n"),
         {"sql/hft--1.0.0--1.1.0.sql":
          "CREATE TABLE IF NOT EXISTS hft.t ();\n"}],
        [sql("CREATE TABLE hft.t ();\n-- never CREATE OR REPLACE\n"),
         {"sql/hft--1.0.0--1.1.0.sql":
          "CREATE OR REPLACE VIEW hft.v AS SELECT 1;\n"}]),
    "qualified": (
        [sql("CREATE TABLE t ();\n"), sql("CREATE VIEW public.v AS x;\n")],
        [sql("CREATE TABLE hft.t ();\nCREATE SCHEMA hft;\n")]),
    "definer_path": (
        [sql(COMPLETE.replace("STRICT", "SECURITY DEFINER STRICT"))],
        [sql(COMPLETE.replace("STRICT", "SECURITY DEFINER STRICT SET "
                              "search_path = pg_catalog, pg_temp")),
         sql(COMPLETE)]),
    "c_attributes": (
        [sql(C_FUNCTION.format("STRICT PARALLEL SAFE")),
         sql(C_FUNCTION.format("STABLE PARALLEL SAFE")),
         sql(C_FUNCTION.format("STABLE STRICT"))],
        [sql(COMPLETE),
         sql(C_FUNCTION.format("").replace("LANGUAGE C", "LANGUAGE SQL"))]),
    "revoked": (
        [sql(COMPLETE), sql(COMPLETE + "REVOKE ALL ON FUNCTION "
                            "hft.g(text) FROM PUBLIC;\n"),
         sql(COMPLETE + "SELECT 1;\n" * 3 + REVOKE)],
        [sql(COMPLETE + COMMENT + REVOKE)]),
    "commented": (
        [sql(COMPLETE + REVOKE), sql("CREATE TABLE hft.t ();\n")],
        [sql(COMPLETE + COMMENT),
         sql("CREATE FUNCTION hft.f(a int) RETURNS int LANGUAGE SQL\n"
             "BEGIN ATOMIC\n\tSELECT CASE WHEN a > 0 THEN 1 END;\nEND;\n"
             + COMMENT)]),
    "orphans": (
        [{"expected/a.out": ""}, {"test/sql/a.sql": ""}],
        [{"expected/a.out": "", "expected/a_1.out": "",
          "test/sql/a.sql": ""},
         {"expected/a.out": "", "test/specs/a.spec": ""}]),
    "whitespace": (
        [source("int a; \n"), source("int a;\r\n"), source("int a;")],
        [source("int a;\n"), {"a.bin": "x "}]),
    "unfinished": (
        [source("/* TO" "DO: later */\n"), sql("-- FIX" "ME\n")],
        [source("/* done */\n"), {"a.bin": "TO" "DO"}]),
}
