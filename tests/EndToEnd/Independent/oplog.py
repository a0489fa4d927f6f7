"""Applies oplog entries to documents in memory, as a MongoDB secondary does. See bson_tree.py for how values are held.

Sources: MongoDB's manual (replica set oplog, transactions), the public descriptions of the $v:1 and $v:2 update formats and of the entries of
multi-document transactions. Written without the product's code.
"""
import struct

from bson_tree import ARRAY, DOCUMENT, find, get, identity, integer, text

NULL = (0x0A, b"")
MAY_BE_SKIPPED = {
    "create", "collMod", "createIndexes", "dropIndexes", "deleteIndex", "deleteIndexes", "dropIndex", "index", "startIndexBuild",
    "commitIndexBuild", "abortIndexBuild", "convertToCapped", "createIndex",
}


class Store:
    """Documents by namespace, each collection in order of first insert."""

    def __init__(self):
        self.collections = {}
        self.pending = {}
        self.last = -1
        self.applied = 0

    def collection(self, namespace):
        return self.collections.setdefault(namespace, {})

    def put(self, namespace, fields):
        documents = self.collection(namespace)
        documents[identity(find(fields, "_id"))] = fields

    def apply_file(self, entries):
        """Applies the entries that were not applied before: files of a chain overlap."""
        for entry in entries:
            stamp, = struct.unpack("<Q", get(entry, "ts"))
            if stamp <= self.last:
                continue
            self.last = stamp
            self.applied += 1
            self.apply_entry(entry)

    def apply_entry(self, entry):
        operation = text(get(entry, "op"))
        if operation == "c":
            self.apply_top_command(entry)
        elif operation != "n":
            self.apply_operation(entry)

    def apply_top_command(self, entry):
        command = get(entry, "o")
        name = command[0][0]
        transaction = transaction_of(entry)
        if name == "applyOps":
            operations = [value[1] for value in get(command, "applyOps")]
            if transaction is None or integer(find(entry, "multiOpType"), 0) == 1:
                self.apply_all(operations)
                return
            gathered = self.pending.setdefault(transaction, [])
            gathered.extend(operations)
            if not truthy(command, "partialTxn") and not truthy(command, "prepare"):
                self.apply_all(self.pending.pop(transaction))
        elif name == "commitTransaction":
            self.apply_all(self.pending.pop(transaction))
        elif name == "abortTransaction":
            self.pending.pop(transaction, None)
        else:
            self.apply_command(text(get(entry, "ns")), command)

    def apply_all(self, operations):
        for operation in operations:
            kind = text(get(operation, "op"))
            if kind == "c" and get(operation, "o")[0][0] == "applyOps":
                self.apply_all([value[1] for value in get(get(operation, "o"), "applyOps")])
            elif kind == "c":
                self.apply_command(text(get(operation, "ns")), get(operation, "o"))
            elif kind != "n":
                self.apply_operation(operation)

    def apply_operation(self, entry):
        operation, namespace, body = text(get(entry, "op")), text(get(entry, "ns")), get(entry, "o")
        if operation == "i":
            if not namespace.endswith(".system.indexes"):
                self.put(namespace, body)
        elif operation == "d":
            self.collection(namespace).pop(identity(find(body, "_id")), None)
        elif operation == "u":
            self.apply_update(namespace, find(get(entry, "o2"), "_id"), body)
        else:
            raise ValueError("unknown operation " + operation)

    def apply_update(self, namespace, key, body):
        documents = self.collection(namespace)
        before = documents.get(identity(key))
        version = integer(find(body, "$v"))
        if version == 2:
            if before is not None:
                documents[identity(key)] = apply_diff(before, get(body, "diff"))
        elif version == 1 or (body and body[0][0].startswith("$")):
            if before is not None:
                documents[identity(key)] = apply_modifiers(before, body)
        else:
            rest = [(name, value) for name, value in body if name != "_id"]
            documents[identity(key)] = [("_id", key)] + rest

    def apply_command(self, namespace, command):
        database = namespace.split(".", 1)[0]
        name = command[0][0]
        if name == "create":
            self.collection(database + "." + text(get(command, "create")))
        elif name == "drop":
            self.collections.pop(database + "." + text(get(command, "drop")), None)
        elif name == "dropDatabase":
            for full in [c for c in self.collections if c.startswith(database + ".")]:
                del self.collections[full]
        elif name == "renameCollection":
            source, target = text(get(command, "renameCollection")), text(get(command, "to"))
            self.collections.pop(target, None)
            self.collections[target] = self.collections.pop(source, {})
        elif name == "emptycapped":
            self.collection(database + "." + text(get(command, "emptycapped"))).clear()
        elif name not in MAY_BE_SKIPPED:
            raise ValueError("unknown command " + name)


def transaction_of(entry):
    session, number = find(entry, "lsid"), find(entry, "txnNumber")
    return None if session is None or number is None else (repr(session[1]), integer(number))


def truthy(fields, name):
    value = find(fields, name)
    return value is not None and (value[1] != b"\0" if value[0] == 0x08 else bool(integer(value, 0)))


def apply_diff(before, diff):
    """A $v:2 document diff: d removes, u replaces in place (or appends), i appends, s<name> goes deeper."""
    removed, replaced, deeper = set(), {}, {}
    appended = []
    for name, value in diff:
        if name == "d":
            removed.update(field for field, _ in value[1])
        elif name == "u":
            replaced.update(value[1])
        elif name == "i":
            appended.extend(value[1])
        elif name.startswith("s"):
            deeper[name[1:]] = value[1]
        else:
            raise ValueError("unknown diff section " + name)
    moved = {name for name, _ in appended}
    after = []
    for name, value in before:
        if name in removed or name in moved:
            continue
        if name in replaced:
            after.append((name, replaced.pop(name)))
        elif name in deeper:
            after.append((name, apply_nested_diff(value, deeper[name])))
        else:
            after.append((name, value))
    return after + list(replaced.items()) + appended


def apply_nested_diff(value, diff):
    is_array_diff = bool(diff) and diff[0][0] == "a"
    if value[0] == ARRAY and is_array_diff:
        return (ARRAY, apply_array_diff(value[1], diff))
    if value[0] == DOCUMENT and not is_array_diff:
        return (DOCUMENT, apply_diff(value[1], diff))
    return value  # of another shape: a later entry of the log sets it right


def apply_array_diff(before, diff):
    """A $v:2 array diff: l is the new length, u<index> replaces or appends, s<index> goes deeper."""
    after = list(before)
    length = integer(find(diff, "l"))
    if length is not None:
        del after[int(length):]
    for name, value in diff:
        if name in ("a", "l"):
            continue
        index = int(name[1:])
        known = index < len(after)
        after.extend([NULL] * (index + 1 - len(after)))
        if name[0] == "u":
            after[index] = value
        elif known:
            after[index] = apply_nested_diff(after[index], value[1])
    if length is not None:
        after.extend([NULL] * (int(length) - len(after)))
    return after


def apply_modifiers(before, body):
    """A $v:1 update: $set and $unset by dotted paths."""
    after = (DOCUMENT, list(before))
    for name, value in body:
        if name == "$set":
            for path, new in value[1]:
                after = set_path(after, path.split("."), new)
        elif name == "$unset":
            for path, _ in value[1]:
                after = unset_path(after, path.split("."))
        elif name != "$v":
            raise ValueError("unknown modifier " + name)
    return after[1]


def set_path(value, path, new):
    if not path:
        return new
    head, rest = path[0], path[1:]
    kind, payload = value
    if kind == ARRAY and head.isdigit():
        items = list(payload)
        index = int(head)
        missing = index >= len(items)
        items.extend([NULL] * (index + 1 - len(items)))
        items[index] = set_path((DOCUMENT, []) if missing and rest else items[index], rest, new)
        return (ARRAY, items)
    if kind != DOCUMENT:
        return value  # the path runs into a value without fields: as a secondary does, leave it to later entries
    fields = list(payload)
    for at, (name, child) in enumerate(fields):
        if name == head:
            fields[at] = (name, set_path(child, rest, new))
            return (DOCUMENT, fields)
    fields.append((head, set_path((DOCUMENT, []), rest, new)))
    return (DOCUMENT, fields)


def unset_path(value, path):
    head, rest = path[0], path[1:]
    kind, payload = value
    if kind == ARRAY and head.isdigit() and int(head) < len(payload):
        items = list(payload)
        items[int(head)] = unset_path(items[int(head)], rest) if rest else NULL
        return (ARRAY, items)
    if kind != DOCUMENT:
        return value
    if not rest:
        return (DOCUMENT, [field for field in payload if field[0] != head])
    return (DOCUMENT, [(name, unset_path(child, rest) if name == head else child) for name, child in payload])
