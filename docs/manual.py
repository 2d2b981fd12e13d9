# SPDX-License-Identifier: MIT
"""The manual in the headers: what a macro makes, as declarations with comments between `#ifdef STET_MANUAL_...` and
`#endif`. docs/man makes pages of them, test/check/manual compares them with what the macros make.

    /* ---- a heading ---- */

    /* A comment on the declarations that follow it, up to the next comment. */
    static stet_result name_set(name *map, K key, V value);
"""
import os
import re
from dataclasses import dataclass, field

COMMENT = re.compile(r"/\*.*?\*/", re.S)


@dataclass
class Family:
    """What one macro makes."""

    header: str  # where its description is
    macros: list  # that define it, as a program has them
    files: list  # with the declarations, in the order of the page
    functions: bool = False  # the header has functions, too, which are no macro's
    before: str = ""  # of the program that test/check/manual compiles
    use: str = ""
    aliases: dict = field(default_factory=dict)  # of types, as macros write them
    prefixes: tuple = ("name",)  # of what it makes
    but: tuple = ()  # of what other macros make
    contract: str = ""  # another header with a description


FAMILIES = {
    "map": Family(
        header="map.h",
        macros=["STET_MAP(name, K, V, ktype, vtype)", "STET_MAP(name, K, V)", "STET_MAP_DECLARE(name)", "STET_MAP_DECLARE_LAZY(name)",
                "STET_MAP_DEFINE(name, K, V, ktype, vtype)"],
        files=["map.h", "impl/handle.h"],
        before="typedef stet_str K; typedef double V;",
        use="STET_MAP(name, K, V, stet_str_type, stet_double)",
    ),
    "set": Family(
        header="set.h",
        macros=["STET_SET(name, K, ktype)", "STET_SET(name, K)", "STET_SET_DECLARE(name)", "STET_SET_DECLARE_LAZY(name)",
                "STET_SET_DEFINE(name, K, ktype)"],
        files=["set.h", "map.h", "impl/handle.h"],
        before="typedef stet_str K;",
        use="STET_SET(name, K, stet_str_type)",
    ),
}

FAMILIES["list"] = Family(
    header="list.h",
    macros=["STET_LIST(name, T, ttype)", "STET_LIST(name, T)", "STET_LIST_DECLARE(name)", "STET_LIST_DECLARE_LAZY(name)",
            "STET_LIST_DEFINE(name, T, ttype)"],
    files=["list.h", "impl/handle.h"],
    before="typedef double T;",
    use="STET_LIST(name, T, stet_double)",
)

FAMILIES["sorted_map"] = Family(
    header="sorted_map.h",
    macros=["STET_SORTED_MAP(name, K, V, ktype, vtype)", "STET_SORTED_MAP(name, K, V)", "STET_SORTED_MAP_DECLARE(name)",
            "STET_SORTED_MAP_DECLARE_LAZY(name)", "STET_SORTED_MAP_DEFINE(name, K, V, ktype, vtype)"],
    files=["sorted_map.h", "map.h", "impl/handle.h"],
    before="typedef stet_str K; typedef double V;",
    use="STET_SORTED_MAP(name, K, V, stet_str_type, stet_double)",
)
FAMILIES["sorted_set"] = Family(
    header="sorted_set.h",
    macros=["STET_SORTED_SET(name, K, ktype)", "STET_SORTED_SET(name, K)", "STET_SORTED_SET_DECLARE(name)", "STET_SORTED_SET_DECLARE_LAZY(name)",
            "STET_SORTED_SET_DEFINE(name, K, ktype)"],
    files=["sorted_set.h", "sorted_map.h", "map.h", "impl/handle.h"],
    before="typedef stet_str K;",
    use="STET_SORTED_SET(name, K, stet_str_type)",
)

FAMILIES["sorted_fold"] = Family(
    header="sorted_fold.h",
    macros=["STET_SORTED_MAP_FOLDED(name, K, V, ktype, vtype, T, lift, combine)",
            "STET_SORTED_MAP_FOLDED_DEFINE(name, K, V, ktype, vtype, T, lift, combine)",
            "STET_SORTED_SET_FOLDED(name, K, ktype, T, lift, combine)",
            "STET_SORTED_SET_FOLDED_DEFINE(name, K, ktype, T, lift, combine)"],
    files=["sorted_fold.h", "sorted_map.h", "map.h", "impl/handle.h"],
    before="typedef stet_str K; typedef double V; typedef double T; static double lift(const stet_str *k, const double *v)"
    "{ (void)k; return *v; } static double combine(double a, double b) { return a + b; }",
    use="STET_SORTED_MAP_FOLDED(name, K, V, stet_str_type, stet_double, T, lift, combine)",
)

FAMILIES["atom"] = Family(
    header="atom.h",
    macros=["STET_ATOM(name, collection)", "STET_ATOM_DECLARE(name, collection)", "STET_ATOM_DEFINE(name, collection)"],
    files=["atom.h"],
    before="STET_TYPE_BYTES(unused_type, int) typedef struct collection { int held; } collection;"
    "static collection collection_copy(const collection *c) { return *c; }"
    "static void collection_drop(collection *c) { c->held = 0; }",
    use="STET_ATOM(name, collection)",
    prefixes=("name", "collection_guard", "collection_reader"),
)
FAMILIES["record"] = Family(
    header="record.h",
    macros=["STET_RECORD(name, (collection, field), ...)"],
    files=["record.h"],
    before="#include <stet/type.h>\n" + FAMILIES["atom"].before + "STET_TYPE_BYTES(collection_type, collection)"
    "static bool collection_identical(const collection *a, const collection *b) { return a->held == b->held; }",
    use="STET_RECORD(name, (collection, field))",
)

SHARED = {"map_key_": "K", "map_value_": "V"}
MAP_OF = ("STET_MAP(map, stet_str, double, stet_str_type, stet_double) typedef stet_str K; typedef double V;"
          "typedef struct name name;")
FAMILIES["atom_map"] = Family(
    header="atom_map.h",
    macros=["STET_ATOM_MAP(name, map)"],
    files=["atom_map.h", "impl/shared_map.h"],
    before="#include <stet/atom.h>\n#include <stet/map.h>\n" + MAP_OF + "typedef struct map_guard map_guard;",
    use="STET_ATOM_MAP(name, map)",
    aliases=SHARED,
    contract="impl/shared_map.h",
    but=("name_atom",),
)
FAMILIES["live_map"] = Family(
    header="live_map.h",
    macros=["STET_LIVE_MAP(name, map)"],
    files=["live_map.h", "impl/shared_map.h"],
    before="#include <stet/map.h>\n" + MAP_OF,
    use="STET_LIVE_MAP(name, map)",
    aliases=SHARED,
    contract="impl/shared_map.h",
)

FAMILIES["inspect"] = Family(
    header="inspect.h",
    macros=["STET_INSPECT_MAP(name)", "STET_INSPECT_SORTED(name)", "STET_INSPECT_LIST(name)"],
    files=["inspect.h"],
    functions=True,
    before="#include <stet/list.h>\nSTET_LIST(name, double, stet_double)",
    use="STET_INSPECT_LIST(name)",
    prefixes=("name_roots", "name_dump"),
)
for plain_header in ("str", "type", "pool", "release", "base"):
    FAMILIES[plain_header] = Family(header=plain_header + ".h", macros=[], files=[plain_header + ".h"], functions=True)


@dataclass
class Entry:
    """A heading, or a comment with what it is about."""

    heading: str = ""
    text: str = ""
    declarations: list = field(default_factory=list)


def plain(comment):
    """The text of a comment, without its frame."""
    first, *rest = comment[2:-2].split("\n")
    return "\n".join([first.strip(), *(re.sub(r"^ \* ?", "", line).rstrip() for line in rest)]).strip("\n ")


def sections(text, family):
    """What a header has between the lines that choose a family's manual and #endif."""
    text = re.sub(r"(?m)^(#if.*)\\\n", r"\1", text)  # a line that goes on
    for m in re.finditer(r"^#if[^\n]*\bSTET_MANUAL_(?:\w*)\b[^\n]*\n(.*?)^#endif", text, re.S | re.M):
        if f"STET_MANUAL_{family.upper()}" in re.findall(r"STET_MANUAL_\w+", m.group().split("\n", 1)[0]):
            yield m.group(1)


def entries(section):
    """The entries of a section, in order."""
    found = []
    for m in re.finditer(r"(/\*.*?\*/)|(\S[^;/]*;)", section, re.S):
        if m.group(2):
            found[-1].declarations.append(" ".join(m.group(2)[:-1].split()))
        elif heading := re.fullmatch(r"/\* ---- (.*) ---- \*/", m.group(1)):
            found.append(Entry(heading=heading.group(1)))
        else:
            found.append(Entry(text=plain(m.group(1))))
    return found


def manual(include, family):
    """All entries of a family's manual."""
    for path in FAMILIES[family].files:
        with open(os.path.join(include, "stet", path), encoding="utf-8") as file:
            text = file.read()
        for section in sections(text, family):
            yield from entries(section)
    with open(os.path.join(include, "stet", FAMILIES[family].header), encoding="utf-8") as file:
        text = file.read()
    if FAMILIES[family].functions:
        if FAMILIES[family].macros:
            yield Entry(heading="functions of the library")
        yield from functions(text)
    elif helpers := list(macros(text, family)):
        yield from [Entry(heading="macros"), *helpers]


def is_macro(declaration):
    return declaration.startswith("STET_")


DECLARED = re.compile(r"""
    ^(?P<comment>/\*.*?\*/)\n
  | ^(?:STET_API|STET_INLINE)[ ](?P<function>[^;{]*\))\s*[;{]
  | ^[#]define[ ](?P<macro>STET_\w*[A-Z]\(name\b[^)]*\))
  | ^(?P<type>(?:typedef[ ])?(?:struct|enum)\b[^;(\n]*\{\n.*?^\}[^;\n]*;)
  | ^\n
""", re.S | re.M | re.X)


def shown(kind, text):
    """A declaration as a page has it, or "" if it is private."""
    if kind == "function":
        declaration = " ".join(re.sub(r"STET_\w+(?:\([\d, ]*\))? ", "", text).split())
        return "" if re.search(r"_\(", declaration) else declaration
    if kind == "type":
        tag, members = text.split("{", 1)
        opaque = re.search(r"\w_(?:\[\d*\])?;", members)  # the members are private
        if tag.rstrip().endswith("_"):
            return ""
        if opaque:
            return tag + members.rsplit("}", 1)[1].strip("; ")
        return re.sub(r"(?:\n    /\*(?:(?!\*/).)*\*/)?\n    STET_\w+_ = \d+,", "", text, flags=re.S).rstrip(";")
    return text


def functions(text):
    """The public functions, types, and macros of a name, of a header, each comment with those that follow it."""
    found = [Entry()]
    for m in DECLARED.finditer(text, text.index("#define STET_")):
        kind = m.lastgroup
        if kind == "comment":
            heading = re.fullmatch(r"/\* ---- (.*) ---- \*/", m[kind])
            found.append(Entry(heading=heading[1] * ("STET_" not in heading[1])) if heading else Entry(text=plain(m[kind])))
        elif kind is None:
            found.append(Entry())
        elif declaration := shown(kind, m[kind]):
            found[-1].declarations.append(declaration)
    found = [entry for entry in found if entry.heading or entry.declarations and (entry.text or "{" in entry.declarations[0])]
    return [entry for entry, behind in zip(found, [*found[1:], Entry(heading="the end")])
            if not (entry.heading and behind.heading)]


def macros(text, family):
    """The entries of the macros for what a family's macros make, as STET_EACH."""
    known = {macro.split("(")[0] for macro in FAMILIES[family].macros}
    for entry in functions(text):
        if [d for d in entry.declarations if is_macro(d) and d.split("(")[0] not in known] == entry.declarations != []:
            yield entry


def prototypes(include, family):
    """The functions it declares: name to declaration, without `static`."""
    found = {}
    for entry in manual(include, family):
        for declaration in entry.declarations:
            if function := re.match(r"static (.*?(\w+)\(.*)", declaration):
                assert function.group(2) not in found, f"{function.group(2)} is declared twice"
                found[function.group(2)] = function.group(1)
    return found


def description(include, family):
    """The comment at the head of the family's header; or before its macro, where the header is another's."""
    f = FAMILIES[family]
    if f.header == family + ".h":
        return head(include, f.header)
    with open(os.path.join(include, "stet", f.header), encoding="utf-8") as file:
        text = file.read()
    return plain(COMMENT.findall(text[: text.index("#define " + f.macros[0].split("(", 1)[0])])[-1])


def head(include, header):
    """The comment at the head of a header."""
    with open(os.path.join(include, "stet", header), encoding="utf-8") as file:
        return plain(COMMENT.findall(file.read())[1])
