# SPDX-License-Identifier: MIT
"""Pretty printers for gdb: print shows the contents of collections, strings, atoms, guards, readers and live maps.

docs/tools.md says how gdb finds this file.

The nodes are read as they are drawn in stet/impl/node.h, map.h, tree.h, list.h and live.h. What differs by type is in
the descriptors of the program, name_map_type_ and its like; the types of elements are name_key_, name_value_ and
name_element_. Nothing is called in the program, so that core files can be read, too.
"""
import gdb
import gdb.printing

TAG_BITS = 63  # of a ref
INNER_TAG = 8
REHASH, COLLISION = 1, 2  # kinds of leaves of a map
OFFSET, TABLE, WIDE = 1, 2, 3  # kinds of inner nodes of a tree
CAP_MASK = 0x30
UNIT = 16  # bytes of a node's block
POISON = 0xDBDBDBDB  # in freed blocks, where they are watched
TAIL, TAIL_TYPE = 64, 32  # of a node of a live map: its size, and where its descriptor is


# ---- memory ----


class Boxed:
    """In place of the type of an element: C++ stores a pointer to an object of this type (stet/impl/element.hpp)."""

    def __init__(self, type_):
        self.type = type_


def value_at(address, element):
    if isinstance(element, Boxed):
        return value_at(address, element.type.pointer()).dereference()
    return gdb.Value(address).cast(element.pointer()).dereference()


def number_at(address, size):
    names = {1: "unsigned char", 2: "unsigned short", 4: "unsigned int", 8: "unsigned long long"}
    return int(value_at(address, gdb.lookup_type(names[size])))


def check_is_live(block):
    """Raises what gdb shows in place of the contents if a block, which begins with a count, was freed."""
    if number_at(block, 4) == POISON:
        raise gdb.MemoryError("this version was given up before, and its memory is freed")


def static_value(name):
    """Returns the value of a static variable of the program, or None if no file of the program has it."""
    symbol = gdb.lookup_static_symbol(name) or gdb.lookup_global_symbol(name)
    return symbol.value() if symbol is not None else None


def type_or_none(name):
    try:
        return gdb.lookup_type(name)
    except gdb.error:
        return None


def is_tiny():
    """Returns whether the program was compiled with -Dtiny_nodes=true."""
    check = static_value("stet_list_layout_check_")
    return check is not None and check.format_string(format="a").rstrip(">").endswith("_tiny")


# ---- nodes ----


def children_of(ref):
    node = ref & ~TAG_BITS
    check_is_live(node)
    return [number_at(node + 32 + 8 * i, 8) for i in range(number_at(node + 6, 1))]


def map_entries(t, ref):
    """Yields the addresses of the entries below a ref of a map whose descriptor is t."""
    if ref == 0:
        return
    if ref & INNER_TAG:
        previous = 0
        for child in children_of(ref):
            if child != previous:  # a leaf may fill several slots
                yield from map_entries(t, child)
            previous = child
    elif number_at(ref + 6, 1) == REHASH:
        yield from map_entries(t, number_at(ref + 48, 8))
    else:
        check_is_live(ref)
        count = number_at(ref + 12, 4) if number_at(ref + 6, 1) == COLLISION else number_at(ref + 8, 1)
        for i in range(count):
            yield ref + 16 + int(t["fp_size"]) + i * int(t["entry_size"])


class Tree:
    """A counted tree: its descriptor, and the bits of an index that a node of full width uses."""

    def __init__(self, t):
        self.t = t
        self.width_bits = 3 if is_tiny() else 5

    def leaves(self, ref, level, size):
        """Yields the leaves below a ref, and how many elements each of them has in this tree."""
        if not ref & INNER_TAG:
            if size != 0:
                check_is_live(ref)
                yield ref, size
            return
        children, start = children_of(ref), 0
        for k, child in enumerate(children):
            end = self.end_of(ref, level, k) if k + 1 < len(children) else size
            yield from self.leaves(child, level - 1, end - start)
            start = end

    def end_of(self, ref, level, k):
        """Returns how many elements are below the children up to k. A node does not know that of its last child."""
        node, kind = ref & ~TAG_BITS, ref & 3
        if kind < TABLE:
            full = 1 << (int(self.t["leaf_bits"]) + (level - 1) * self.width_bits)
            return full * (k + 1) - (number_at(node + 24, 8) if kind == OFFSET else 0)
        cap = ((ref & CAP_MASK) // 16 + 1) * (1 << self.width_bits) // 4
        sums = node + (64 + 16 * cap if self.t["bounded"] else 32 + 8 * cap)
        return number_at(sums + 4 * cap + 8 * k, 8) if kind == WIDE else number_at(sums + 4 * k, 4)

    def element(self, leaf, i):
        return leaf + int(self.t["data"]) + i * int(self.t["size"])

    def value(self, leaf, i):
        """Returns where the i-th value of a leaf is: values follow the room for all its keys."""
        align = int(self.t["value"]["align"])
        values = int(self.t["data"]) + number_at(leaf + 6, 1) * int(self.t["size"])
        return leaf + (values + align - 1) // align * align + i * int(self.t["value_size"])


# ---- printers ----


def sized(name, size, one, many):
    return f"{name} with {size} {one if size == 1 else many}"


class KeyedPrinter:
    """Prints a map or a set. A subclass has contents(), which yields the addresses of each key and its value."""

    def __init__(self, name, collection, size, t, types=None):
        self.name, self.size, self.t = name, size, t
        self.key, self.value = types or (type_or_none(collection + "_key_"), type_or_none(collection + "_value_"))
        self.is_map = t is not None and self.has_values()

    def to_string(self):
        return sized(self.name, self.size, "entry", "entries")

    def display_hint(self):
        return "map" if self.is_map else "array"

    def children(self):
        if self.t is None or self.key is None or (self.is_map and self.value is None):
            return
        for i, (key, value) in enumerate(self.contents()):
            yield f"[{i}]", value_at(key, self.key)
            if self.is_map:
                yield f"[{i}]", value_at(value, self.value)


class MapPrinter(KeyedPrinter):
    def __init__(self, name, collection, root, size, t, types=None):
        self.root = root
        super().__init__(name, collection, size, t, types)

    def has_values(self):
        return int(self.t["value_offset"]) < int(self.t["entry_size"])

    def contents(self):
        for entry in map_entries(self.t, self.root):
            yield entry, entry + int(self.t["value_offset"])


class SortedPrinter(KeyedPrinter):
    def __init__(self, name, handle, t=None, types=None):
        self.tree = handle["tree_"]
        super().__init__(name, name, int(self.tree["size"]), t or static_value(name + "_sorted_type_"), types)

    def has_values(self):
        return int(self.t["value_size"]) != 0

    def contents(self):
        tree = Tree(self.t)
        for leaf, n in tree.leaves(int(self.tree["root"]), int(self.tree["height"]), self.size):
            for i in range(n):
                yield tree.element(leaf, i), tree.value(leaf, i) if self.is_map else None


class ListPrinter:
    def __init__(self, name, handle, t=None, element=None):
        self.name, self.handle, self.t, self.element = name, handle, t, element
        self.size = sum(int(n) for n in (handle["head"]["n"], handle["tree"]["size"], handle["tail"]["n"]))

    def to_string(self):
        return sized(self.name, self.size, "element", "elements")

    def display_hint(self):
        return "array"

    def runs(self, tree):
        """Yields leaves, the index in it of the first element of the list, and the number of elements from there on."""
        head, root, tail = self.handle["head"], self.handle["tree"], self.handle["tail"]
        yield int(head["leaf"]), int(head["lo"]), int(head["n"])
        for leaf, n in tree.leaves(int(root["root"]), int(root["height"]), int(root["size"])):
            yield leaf, 0, n
        if tail["n"] != 0:
            check_is_live(int(tail["leaf"]))
        yield int(tail["leaf"]), int(tail["lo"]), int(tail["n"])

    def children(self):
        t = self.t or static_value(self.name + "_list_type_")
        element = self.element or type_or_none(self.name + "_element_")
        if t is None or element is None:
            return
        tree, index = Tree(t), 0
        for leaf, low, n in self.runs(tree):
            for i in range(low, low + n):
                yield f"[{index}]", value_at(tree.element(leaf, i), element)
                index += 1


class StrPrinter:
    def __init__(self, string):
        self.string = string

    def to_string(self):
        length = int(self.string["length_"])
        if "big endian" in gdb.execute("show endian", to_string=True):
            length = int.from_bytes(length.to_bytes(4, "big"), "little")
        is_long = length & 1
        size = length >> 1 if is_long else (length & 0xFF) >> 1
        bytes_ = int(self.string.address) + 5
        if is_long:
            check_is_live(int(self.string["heap_"]))
            bytes_ = int(self.string["heap_"]) + 4
        return gdb.Value(bytes_).cast(gdb.lookup_type("char").pointer()).lazy_string(length=size)

    def display_hint(self):
        return "string"


class VersionPrinter:
    """Prints the version that an atom, a guard or a reader has: a struct stet_published, behind which the handle is."""

    def __init__(self, name, published):
        self.name, self.published = name, published

    def to_string(self):
        return f"{self.name} of " + (f"version {self.published['version']}" if self.published else "no version")

    def children(self):
        if not self.published:
            return
        handle = type_or_none(self.published["type"]["name"].string())
        if handle is not None:
            yield "version", value_at(int(self.published + 1), handle)


def print_map(name, handle):
    return MapPrinter(name, name, int(handle["root"]), int(handle["size"]), static_value(name + "_map_type_"))


def print_live(name, live):
    """Prints a live map as its collection is printed. Of a write that is under way, a part may show."""
    if not live:
        return MapPrinter(name, name, 0, 0, None)
    live = live.dereference()
    cells = live["cell"]
    first, last = cells.type.range()
    size = sum(int(cells[i]["entries"][parity]) for i in range(first, last + 1) for parity in (0, 1))
    root = int(live["root"])
    node = root & ~TAG_BITS
    t = number_at(node + number_at(node + 4, 2) * UNIT - TAIL + TAIL_TYPE, 8)
    t = value_at(t, gdb.lookup_type("struct stet_map_type"))
    return MapPrinter(name, t["node"]["name"].string(), root, max(size - int(live["cleared"]), 0), t)


def print_atom(name, state):
    return VersionPrinter(name, state["root"] if state else None)


def print_holder(name, holder):
    return VersionPrinter(name, holder["published"])


# ---- values of C++ (stet/stet.hpp) ----

REFCOUNTED, STRING, COLLECTION = 1, 16, 256  # flags of a type


def stored(descriptor, type_):
    """Returns how an element of a type is stored: as itself, or in a box; None: there are none."""
    if type_.code == gdb.TYPE_CODE_VOID:
        return None
    flags = int(descriptor["flags"])
    return Boxed(type_) if flags & REFCOUNTED and not flags & (STRING | COLLECTION) else type_


def engine_of(type_):
    """Returns the engine of a C++ collection, which is an argument of its base class owner, or None."""
    for base in (f.type for f in type_.fields() if f.is_base_class):
        found = base.template_argument(1) if base.name.startswith("stet::detail::owner<") else engine_of(base)
        if found is not None:
            return found
    return None


def print_value(value, type_):
    """Returns the printer of a stet::string or a collection of C++, or None."""
    if type_.name == "stet::string":
        return StrPrinter(value["str_"])
    engine = engine_of(type_)
    if engine is None:
        return None
    name, handle, t = type_.name.split("<", 1)[0], value["h_"], static_value(engine.name + "::type")
    if t is None:
        return None
    first = engine.template_argument(0)
    if "list_engine<" in engine.name:
        return ListPrinter(name, handle, t, stored(t["element"].dereference(), first))
    second, is_hash = engine.template_argument(1), "hash_engine<" in engine.name
    has_values = second.code != gdb.TYPE_CODE_VOID
    types = (stored(t["key" if is_hash else "element"].dereference(), first),
             stored(t["value"].dereference(), second) if has_values else None)
    if is_hash:
        return MapPrinter(name, name, int(handle["root"]), int(handle["size"]), t, types)
    return SortedPrinter(name, handle, t, types)


# The only member of what a macro defines, its type, and how the member is printed.
MEMBERS = {
    ("map_", "stet_map"): print_map,
    ("sorted_", "stet_sorted"): SortedPrinter,
    ("list_", "stet_list"): ListPrinter,
    ("state_", "stet_atom_state"): print_atom,
    ("guard_", "stet_guard"): print_holder,
    ("reader_", "stet_reader"): print_holder,
    ("live_", "stet_live"): print_live,
}


class Printers(gdb.printing.PrettyPrinter):
    """Knows the types that the macros define by their only member."""

    def __call__(self, value):
        type_ = value.type.strip_typedefs().unqualified()
        if type_.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
            return self(value.referenced_value())
        if type_.code != gdb.TYPE_CODE_STRUCT or not type_.name:
            return None
        if type_.name == "stet_str":
            return StrPrinter(value)
        if type_.name.startswith("stet::"):
            return print_value(value, type_)
        fields = type_.fields()
        if len(fields) != 1 or fields[0].type is None:
            return None
        member = fields[0].type.strip_typedefs()
        target = member.target() if member.code == gdb.TYPE_CODE_PTR else member
        make = MEMBERS.get((fields[0].name, target.name))
        return make(type_.name, value[fields[0].name]) if make is not None else None


gdb.printing.register_pretty_printer(gdb.current_objfile(), Printers("stet"), replace=True)
