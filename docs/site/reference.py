# SPDX-License-Identifier: MIT
"""Pages of the reference, in reStructuredText, from the manual in the headers (docs/manual.py)."""
import os
import re
import textwrap

import manual

TITLE = re.compile(r"^stet/\S+ - (?:stet_\w+: )?")
CODE = re.compile(r"`[^`]+`|\bdocs/[\w-]+\.md\b|STET_\w+(?:\([^()]*\))?|[*&]?\b(?:\w+_\w*|_\w+)(?:\(\))?|(?<![\w)])[*&]\w+|\b\w+\(\)|\{0\}|\b\w+\.h\b")
LEADS = re.compile(r"([A-Z][\w' -]{2,28}[.:]) (?=\S)")  # as "Ownership. The map retains ..."
LEAD = re.compile(r"(?:^|(?<=[.:)]\s)|(?<=[.:)]\s\s))(?=(?:Fails|Cost|Threads): )", re.M)


TITLES = {"sorted_fold": "Folds", "inspect": "Inspection", "str": "String", "type": "Element type", "pool": "Memory",
          "release": "Deferred release", "base": "Results"}  # where the family's own name says little


def code(token):
    """A name of code, which leads to its description if it has one."""
    token = token.strip("`")
    if re.fullmatch(r"(?:name|collection|map|stet)_\w+\(\)", token):
        return f":c:func:`{token[:-2]}`"
    if m := re.fullmatch(r"docs/(\S+)\.md", token):
        return f":doc:`/{m.group(1)}`"
    if re.fullmatch(r"STET_\w*[A-Z]", token):
        return f":c:macro:`{token}`"
    if token.endswith(".h") and token[:-2] in manual.FAMILIES:
        return f":doc:`{token} </reference/{token[:-2]}>`"
    return f"``{token}``"


def words(text):
    """Prose, with code where it has names of code."""
    out, at = [], 0
    for m in CODE.finditer(text):
        out += [plain(text[at : m.start()]), f"\0{code(m.group())}\0"]
        at = m.end()
    return re.sub(r"(?<=\s)\0|^\0|\0(?=\s|$)", "", "".join([*out, plain(text[at:])]), flags=re.M).replace("\0", "\\ ")


def plain(text):
    return re.sub(r"([\\*`|_])", r"\\\1", text)


def literal(lines, language):
    return [f".. code-block:: {language}", "", *textwrap.indent(textwrap.dedent("\n".join(lines)), "   ").split("\n"), ""]


def paragraphs(text):
    """The paragraphs, each with whether all of it is indented; those that are make one if they follow each other."""
    found = []
    for paragraph in filter(None, re.split(r"\n{2,}", text)):
        indented = all(line.startswith("  ") for line in paragraph.split("\n"))
        if indented and found and found[-1][0]:
            found[-1] = (True, found[-1][1] + "\n\n" + paragraph)
        else:
            found.append((indented, paragraph))
    return found


def prose(text):
    """Paragraphs: what is indented is code, a table or a list; Fails, Cost and Threads are fields."""
    out = []
    for indented, paragraph in paragraphs(text):
        if indented:
            is_code = re.search(r"[;{]$|^\s*STET_\w+\(", paragraph, re.M)
            out += literal(paragraph.split("\n"), "c" if is_code else "text")
            continue
        for below, run in runs(paragraph.split("\n")):
            if below and run[0].startswith("  - "):
                out += [words(line[2:]) for line in run]
            elif below:
                out += literal(run, "text")
            else:
                out += sentences("\n".join(run))
            out.append("")
    return out


def sentences(text):
    """Lines of prose."""
    out = []
    for part in LEAD.split(text):
        field = re.match(r"(Fails|Cost|Threads): +", part)
        lead = None if field else LEADS.match(part)
        said = words(part[(field or lead).end() :] if field or lead else part).strip().split("\n")
        if field:
            out += [f":{field.group(1)}: {said[0]}", *(f"   {line}" for line in said[1:])]
        else:
            out += ["", *([f"**{plain(lead.group(1))}**"] if lead else []), *said, ""]
    return out


def runs(lines):
    """Lines in runs: indented or not."""
    found = []
    for line in lines:
        indented = line.startswith("  ")
        if not found or found[-1][0] != indented:
            found.append((indented, []))
        found[-1][1].append(line)
    return found


def heading(text, under):
    text = text[0].upper() + text[1:]
    return [plain(text), under * len(text) * 2, ""]


def directive(declaration):
    """The directive and the signature of a declaration."""
    one = declaration.split("\n")[0]
    if manual.is_macro(declaration):
        return "macro", declaration
    if m := re.match(r"(?:typedef )?(struct|enum) (?:(\w+) )?\{|typedef struct \w+ (\w+)$", one):
        name = m.group(2) or m.group(3)
        return (m.group(1) or "type"), name
    if declaration.startswith("typedef "):
        return "type", declaration.removeprefix("typedef ")
    return "function", declaration.removeprefix("static ")


def entry(e):
    """A comment with its declarations."""
    if not e.declarations:
        return prose(e.text)
    out, last = [], None
    for declaration in e.declarations:
        kind, signature = directive(declaration)
        if signature is None:  # an enumeration without a name
            out += [*literal(declaration.split("\n"), "c")]
            last = None
            continue
        if kind == last and kind != "struct":
            out.insert(-1, " " * len(f".. c:{kind}:: ") + signature)
        else:
            out += ["", f".. c:{kind}:: {signature}", ""]
        last = kind
        if "{" in declaration:
            out += textwrap.indent("\n".join(literal((declaration + ";").split("\n"), "c")), "   ").split("\n")
    return [*out, *textwrap.indent("\n".join(prose(e.text)), "   " * (last is not None)).split("\n"), ""]


def summary(include, family):
    """The first sentence about a family, and the rest."""
    first, text = re.split(r"(?<=[\w)])[.:]\s", TITLE.sub("", manual.description(include, family)) + "\n", maxsplit=1)
    first = " ".join(first.split())
    return first[0].upper() + first[1:], text.strip("\n")


def capital(text):
    text = TITLE.sub("", text)
    return text[:1].upper() + text[1:]


def page(include, family):
    """The lines of a family's page."""
    f = manual.FAMILIES[family]
    first, text = summary(include, family)
    out = [f".. _stet_{family}:", "", *heading(TITLES.get(family, family.replace("_", " ")), "="), words(first) + ".", ""]
    out += [".. code-block:: c", "", f"   #include <stet/{f.header}>", *([""] * bool(f.macros)), *(f"   {m}" for m in f.macros), ""]
    out += [".. container:: anchors", ""] * bool(f.macros)  # for links and the search, not for the eye
    out += [line for name in dict.fromkeys(m.split("(")[0] for m in f.macros) for line in (f"   .. c:macro:: {name}", "")]
    scope = family if f.macros else "NULL"  # of the names that are declared
    out += [f".. c:namespace:: {scope}", ""]
    out += prose(capital(text)) + prose(capital(f.contract and manual.head(include, f.contract)))
    if f.macros:
        out += [*heading("functions", "-"),
                f"They are declared here as ``{f.macros[0]}`` makes them: the name that you give stands in the place of ``name``.", ""]
    for e in manual.manual(include, family):
        here = family if not e.declarations or e.declarations[0].startswith(("static", "typedef")) else "NULL"
        if f.macros and here != scope:
            scope = here
            out += [f".. c:namespace:: {scope}", ""]
        out += [*heading(e.heading, "~" if f.macros else "-"), ""] if e.heading else entry(e)
    return out


def anchors(include):
    """Where the functions of each family are: {family: {name without name_: anchor}}."""
    found = {}
    for family in manual.FAMILIES:
        found[family] = {}
        for e in manual.manual(include, family):
            for declaration in e.declarations:
                if m := re.search(r"\b(?:name|collection_guard|collection_reader)_(\w+)\(", declaration):
                    if declaration.startswith("static "):
                        whole = re.search(r"\w+(?=\()", declaration).group()
                        found[family].setdefault(m.group(1), f"{family}.html#c.{family}.{whole}")
    return found


def write(include, folder):
    """Writes a page for each family, and a page with all of them."""
    os.makedirs(folder, exist_ok=True)
    index = [*heading("reference", "="), "What the headers say, a page each. ``man stet_map`` and its like show the same, and so does the hover of",
             "an editor (:doc:`/tools`). :doc:`Every function in a line <../functions>` is a page of its own.", "",
             ".. list-table::", "   :widths: 1 3", ""]
    for family in manual.FAMILIES:
        first, _ = summary(include, family)
        index += [f"   * - :doc:`{family}`", f"     - {words(first)}"]
        with open(os.path.join(folder, family + ".rst"), "w", encoding="utf-8") as file:
            file.write("\n".join(page(include, family)) + "\n")
    index += ["", ".. toctree::", "   :hidden:", "", *(f"   {family}" for family in manual.FAMILIES)]
    with open(os.path.join(folder, "index.rst"), "w", encoding="utf-8") as file:
        file.write("\n".join(index) + "\n")
