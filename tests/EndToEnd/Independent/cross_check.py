"""Compares this folder's own reading of a document with python3-bson's."""
import datetime
import struct

import bson
from bson.codec_options import CodecOptions

from bson_tree import ARRAY, DOCUMENT, code_and_scope, text

EPOCH = datetime.datetime(1970, 1, 1)
OPTIONS = CodecOptions(document_class=bson.SON, tz_aware=False, uuid_representation=0)


def check_reading(data, fields):
    try:
        decoded = bson.decode(data, OPTIONS)
    except (bson.errors.InvalidBSON, OverflowError):
        return  # dates outside of Python's years, which the driver cannot hold
    if not agree_document(decoded, fields):
        raise SystemExit("python3-bson reads %r and this program %r" % (decoded, fields))


def agree_document(theirs, fields):
    ours = dict(fields)  # the driver keeps the last of repeated names
    if not hasattr(theirs, "keys"):
        return True  # a DBRef: the driver's own type, in its own order
    return set(theirs) == set(ours) and all(agree(theirs[name], ours[name]) for name in ours)


def agree(theirs, value):
    kind, raw = value
    if kind == DOCUMENT:
        return agree_document(theirs, raw)
    if kind == ARRAY:
        return len(theirs) == len(raw) and all(agree(a, b) for a, b in zip(theirs, raw))
    if kind == 0x01:
        return type(theirs) is float and struct.pack("<d", theirs) == raw
    if kind in (0x02, 0x0E):
        return theirs == text(raw)
    if kind == 0x05:
        return bytes(theirs) == (raw[9:] if raw[4] == 2 else raw[5:]) and getattr(theirs, "subtype", 0) == raw[4]
    if kind in (0x06, 0x0A):
        return theirs is None
    if kind == 0x07:
        return theirs.binary == raw
    if kind == 0x08:
        return theirs is (raw != b"\0")
    if kind == 0x09:
        return (theirs - EPOCH) // datetime.timedelta(milliseconds=1) == struct.unpack("<q", raw)[0]
    if kind == 0x0D:
        return str(theirs) == text(raw)
    if kind == 0x0F:
        code, scope = code_and_scope(raw)
        return str(theirs) == code and agree_document(theirs.scope, scope)
    if kind == 0x10:
        return type(theirs) is int and theirs == struct.unpack("<i", raw)[0]
    if kind == 0x11:
        return (theirs.inc, theirs.time) == struct.unpack("<II", raw)
    if kind == 0x12:
        return isinstance(theirs, bson.Int64) and theirs == struct.unpack("<q", raw)[0]
    if kind == 0x13:
        return theirs.bid == raw
    return True  # regular expressions, DBPointer, MinKey, MaxKey: the reader and the writer are held against the BSON corpus
