"""BSON as a tree that keeps what drivers fold away: field order, repeated names, deprecated types, int32 against int64.

A value is a pair (type byte, payload). The payload of a document is a list of (name, value), of an array a list of values, of anything
else the element's raw bytes. Source: bsonspec.org 1.1 and the Extended JSON specification v2 (canonical form).
Nothing here is shared with the product: this is the other side of the comparison.
"""
import base64
import json
import struct
from fractions import Fraction

from bson.decimal128 import Decimal128

DOCUMENT, ARRAY = 0x03, 0x04
FIXED = {0x01: 8, 0x06: 0, 0x07: 12, 0x08: 1, 0x09: 8, 0x0A: 0, 0x10: 4, 0x11: 8, 0x12: 8, 0x13: 16, 0x7F: 0, 0xFF: 0}
PREFIXED = {0x02: 4, 0x0D: 4, 0x0E: 4, 0x05: 5, 0x0C: 16}


def read_document(data, at=0):
    """The document that starts at the offset, as a list of (name, value)."""
    size, = struct.unpack_from("<i", data, at)
    end = at + size - 1
    if size < 5 or end >= len(data) or data[end] != 0:
        raise ValueError("not a BSON document at offset %d" % at)
    fields = []
    at += 4
    while at < end:
        kind = data[at]
        stop = data.index(0, at + 1)
        name = data[at + 1:stop].decode("utf-8")
        value, at = read_value(kind, data, stop + 1)
        fields.append((name, value))
    if at != end:
        raise ValueError("a field runs past its document's end")
    return fields


def read_value(kind, data, at):
    if kind in (DOCUMENT, ARRAY):
        size, = struct.unpack_from("<i", data, at)
        fields = read_document(data, at)
        return (kind, fields if kind == DOCUMENT else [value for _, value in fields]), at + size
    if kind in FIXED:
        size = FIXED[kind]
    elif kind in PREFIXED:
        size = struct.unpack_from("<i", data, at)[0] + PREFIXED[kind]
    elif kind == 0x0F:
        size, = struct.unpack_from("<i", data, at)
    elif kind == 0x0B:
        size = data.index(0, data.index(0, at) + 1) + 1 - at
    else:
        raise ValueError("unknown BSON type 0x%02x" % kind)
    return (kind, bytes(data[at:at + size])), at + size


def get(fields, name, default=None):
    """The payload of the first field of this name."""
    for field, value in fields:
        if field == name:
            return value[1]
    return default


def find(fields, name):
    """The value (with its type) of the first field of this name, or None."""
    for field, value in fields:
        if field == name:
            return value
    return None


def text(raw):
    return raw[4:-1].decode("utf-8")


def integer(value, default=None):
    """A number of any type, as MongoDB's commands take flags and counts."""
    if value is None:
        return default
    number = as_number(value)
    return default if number is None else number


def as_number(value):
    """The exact value of a finite number as a Fraction; None for everything else."""
    kind, raw = value
    if kind == 0x10:
        return Fraction(struct.unpack("<i", raw)[0])
    if kind == 0x12:
        return Fraction(struct.unpack("<q", raw)[0])
    if kind == 0x01:
        number, = struct.unpack("<d", raw)
        return Fraction(number) if number == number and abs(number) != float("inf") else None
    if kind == 0x13:
        number = Decimal128.from_bid(raw).to_decimal()
        return Fraction(number) if number.is_finite() else None
    return None


def identity(value):
    """What makes two _id values one in MongoDB: numbers by value across types, the rest by type and bytes."""
    kind, payload = value
    number = as_number(value)
    if number is not None:
        return ("number", number)
    if kind == DOCUMENT:
        return ("document", tuple((name, identity(child)) for name, child in payload))
    if kind == ARRAY:
        return ("array", tuple(identity(child) for child in payload))
    if kind in (0x01, 0x13):
        return ("number", "".join(json_scalar(kind, payload).values()))  # NaN or an infinity
    return (0x02 if kind == 0x0E else kind, payload)


def to_json(value):
    """The canonical Extended JSON of a value, as text."""
    kind, payload = value
    if kind == DOCUMENT:
        return "{" + ",".join(quote(name) + ":" + to_json(child) for name, child in payload) + "}"
    if kind == ARRAY:
        return "[" + ",".join(to_json(child) for child in payload) + "]"
    if kind == 0x0F:
        code, scope = code_and_scope(payload)
        return '{"$code":' + quote(code) + ',"$scope":' + to_json((DOCUMENT, scope)) + "}"
    return json.dumps(json_scalar(kind, payload), ensure_ascii=False, separators=(",", ":"))


def quote(name):
    return json.dumps(name, ensure_ascii=False)


def code_and_scope(raw):
    size, = struct.unpack_from("<i", raw, 4)
    return raw[8:8 + size - 1].decode("utf-8"), read_document(raw, 8 + size)


def json_scalar(kind, raw):
    if kind == 0x01:
        return {"$numberDouble": double_text(struct.unpack("<d", raw)[0])}
    if kind == 0x02:
        return text(raw)
    if kind == 0x05:
        return json_binary(raw)
    if kind == 0x06:
        return {"$undefined": True}
    if kind == 0x07:
        return {"$oid": raw.hex()}
    if kind == 0x08:
        return raw[0] != 0
    if kind == 0x09:
        return {"$date": {"$numberLong": str(struct.unpack("<q", raw)[0])}}
    if kind == 0x0A:
        return None
    if kind == 0x0B:
        pattern, options = raw[:-1].split(b"\0")
        return {"$regularExpression": {"pattern": pattern.decode("utf-8"), "options": "".join(sorted(options.decode("utf-8")))}}
    if kind == 0x0C:
        return {"$dbPointer": {"$ref": text(raw[:-12]), "$id": {"$oid": raw[-12:].hex()}}}
    if kind == 0x0D:
        return {"$code": text(raw)}
    if kind == 0x0E:
        return {"$symbol": text(raw)}
    if kind == 0x10:
        return {"$numberInt": str(struct.unpack("<i", raw)[0])}
    if kind == 0x11:
        increment, seconds = struct.unpack("<II", raw)
        return {"$timestamp": {"t": seconds, "i": increment}}
    if kind == 0x12:
        return {"$numberLong": str(struct.unpack("<q", raw)[0])}
    if kind == 0x13:
        return {"$numberDecimal": str(Decimal128.from_bid(raw))}
    return {"$maxKey": 1} if kind == 0x7F else {"$minKey": 1}


def json_binary(raw):
    subtype, payload = raw[4], raw[5:]
    if subtype == 2:
        payload = payload[4:]
    return {"$binary": {"base64": base64.b64encode(payload).decode("ascii"), "subType": "%02x" % subtype}}


def double_text(number):
    if number != number:
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "Infinity" if number > 0 else "-Infinity"
    return repr(number)
