using System.Collections.Immutable;
using System.Text.Unicode;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Batches;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.MongoDb.Decoding;

/// <summary>
/// Decodes raw documents of one dataset straight into typed columns. Which field comes next is guessed from the document before, so that
/// documents of one shape cost one comparison a field; nothing is allocated for a row. Not safe for concurrent use.
/// </summary>
internal sealed class DocumentDecoder(TableId table)
{
    /// <summary>Most top-level fields of one document; one with more cannot be a row.</summary>
    public const int MaxFields = 16_384;

    // Known fields are forgotten between batches beyond this, for collections that use values as field names.
    private const int MaxKnownFields = 65_536;

    // Memory of a column before its first value: what Column rents.
    private const int ColumnsWorthABatch = 4_096;

    private static readonly byte[] IdName = "_id"u8.ToArray();

    private readonly FieldTable _fields = new();
    private readonly List<(FieldColumns Field, ValueSlot Slot)> _used = [];
    private FieldColumns? _first;
    private long _document;
    private int _columns;
    private char _plainClass;
    private VarColumn? _keys;
    private TableSchema? _lastSchema;

    /// <summary>True from the first key on that is of another class than the ones before, or of none: then rows carry <c>_millrace_key</c>.</summary>
    public bool IsKeyed { get; private set; }

    /// <summary>True when the batch has so many columns that it should end.</summary>
    public bool IsWide => _columns > ColumnsWorthABatch;

    /// <summary>Decodes a document as row <paramref name="row"/>.</summary>
    /// <exception cref="MillraceException">The document cannot be a row; the row is then taken back.</exception>
    public void Append(ReadOnlySpan<byte> document, int row)
    {
        try
        {
            _document++;
            FieldColumns? guess = _first;
            FieldColumns? previous = null;
            int count = 0;
            BsonValue key = default;
            var reader = new BsonReader(document);
            while (reader.Next())
            {
                ReadOnlySpan<byte> name = reader.Name;
                FieldColumns field = guess is not null && name.SequenceEqual(guess.Name) ? guess : Find(name, previous);
                if (field.LastDocument == _document || ++count > MaxFields)
                {
                    DecodeThrow.BadShape(field, count);
                }

                field.LastDocument = _document;
                BsonValue value = reader.Current;
                if (name.SequenceEqual("_id"u8))
                {
                    key = value;
                }

                AppendValue(field, value, row);
                previous = field;
                guess = field.Next;
            }

            AppendKey(key, row);
        }
        catch (MillraceException)
        {
            TakeBack(row);
            throw;
        }
    }

    /// <summary>Writes a row that has only its key, for a delete.</summary>
    /// <exception cref="MillraceException">The key cannot be decoded; the row is then taken back.</exception>
    public void AppendKeyOnly(BsonValue key, int row)
    {
        try
        {
            AppendValue(_fields.GetOrAdd(IdName), key, row);
            AppendKey(key, row);
        }
        catch (MillraceException)
        {
            TakeBack(row);
            throw;
        }
    }

    /// <summary>Hands the batch's columns over and starts the next batch.</summary>
    public (TableSchema Schema, ImmutableArray<Column> Columns) TakeColumns()
    {
        CollectUsed();
        int extra = _keys is null ? 0 : 1;
        var columns = ImmutableArray.CreateBuilder<Column>(_used.Count + extra);
        foreach ((FieldColumns field, ValueSlot slot) in _used)
        {
            columns.Add(field[slot]!);
        }

        if (_keys is not null)
        {
            columns.Add(_keys);
        }

        TableSchema schema = MakeSchema();
        foreach ((FieldColumns field, _) in _used)
        {
            field.Reset();
        }

        _used.Clear();
        _keys = null;
        _columns = 0;
        if (_fields.Fields.Count > MaxKnownFields)
        {
            _fields.Clear();
            _first = null;
        }

        return (schema, columns.MoveToImmutable());
    }

    /// <summary>Gives back the memory of a batch that will not be made.</summary>
    public void Discard()
    {
        foreach (Column column in TakeColumns().Columns)
        {
            column.Dispose();
        }
    }

    private FieldColumns Find(ReadOnlySpan<byte> name, FieldColumns? previous)
    {
        if (!Utf8.IsValid(name))
        {
            DecodeThrow.InvalidUtf8();
        }

        FieldColumns field = _fields.GetOrAdd(name);
        if (previous is null)
        {
            _first = field;
        }
        else
        {
            previous.Next = field;
        }

        return field;
    }

    private void AppendValue(FieldColumns field, BsonValue value, int row)
    {
        int before = field.ColumnCount;
        ValueAppender.Append(field, value, row);
        _columns += field.ColumnCount - before;
    }

    private void AppendKey(BsonValue key, int row)
    {
        if (key.Type == BsonType.EndOfDocument)
        {
            return;
        }

        if (!IsKeyed)
        {
            char plain = KeyText.PlainClass(key);
            if (plain != '\0' && (_plainClass == '\0' || _plainClass == plain))
            {
                _plainClass = plain;
                return;
            }

            IsKeyed = true;
            FillKeysBefore(row);
        }

        _keys ??= (VarColumn)Column.Create(LogicalType.Text);
        KeyText.Write(key, _keys);
        _keys.EndValue(row);
    }

    /// <summary>Gives the rows before a key of another class their keys; those are all of one plain class.</summary>
    private void FillKeysBefore(int row)
    {
        _keys = (VarColumn)Column.Create(LogicalType.Text);
        FieldColumns id = _fields.GetOrAdd(IdName);
        ValueSlot slot = _plainClass switch
        {
            'o' => ValueSlot.ObjectId,
            'n' => ValueSlot.Integer,
            'u' => ValueSlot.Uuid,
            _ => ValueSlot.String,
        };
        if (id[slot] is { } column)
        {
            for (int i = 0; i < Math.Min(row, column.Count); i++)
            {
                if (!column.IsNull(i))
                {
                    KeyText.WritePlain(column, slot, i, _keys);
                    _keys.EndValue(i);
                }
            }
        }
    }

    private void TakeBack(int row)
    {
        foreach (FieldColumns field in _fields.Fields)
        {
            for (int slot = 0; slot < FieldColumns.SlotCount; slot++)
            {
                Column? column = field[(ValueSlot)slot];
                column?.TruncateTo(row);
                (column as VarColumn)?.DropValue();
            }
        }

        _keys?.TruncateTo(row);
        _keys?.DropValue();
    }

    private void CollectUsed()
    {
        foreach (FieldColumns field in _fields.Fields)
        {
            if (field.ColumnCount == 0)
            {
                continue;
            }

            for (int slot = 0; slot < FieldColumns.SlotCount; slot++)
            {
                if (field[(ValueSlot)slot] is not null)
                {
                    _used.Add((field, (ValueSlot)slot));
                }
            }
        }
    }

    /// <summary>The batch's schema; the same object as before where nothing changed, so that what follows can keep its plans.</summary>
    private TableSchema MakeSchema()
    {
        if (_lastSchema is { } last && IsSame(last))
        {
            return last;
        }

        var columns = ImmutableArray.CreateBuilder<ColumnSchema>(_used.Count + 1);
        foreach ((FieldColumns field, ValueSlot slot) in _used)
        {
            columns.Add(new(field.Text, field[slot]!.Type, SourceType: field.SourceTypeOf(slot)));
        }

        bool hasId = _used.Exists(u => u.Field.Text == "_id");
        if (_keys is not null)
        {
            columns.Add(new(SystemColumns.Key, LogicalType.Text));
        }

        _lastSchema = new(table, columns.ToImmutable(), _keys is not null ? [SystemColumns.Key] : hasId ? ["_id"] : []);
        return _lastSchema;
    }

    private bool IsSame(TableSchema schema)
    {
        if (schema.Columns.Length != _used.Count + (_keys is null ? 0 : 1) || schema.Key.Contains(SystemColumns.Key) != _keys is not null)
        {
            return false;
        }

        for (int i = 0; i < _used.Count; i++)
        {
            (FieldColumns field, ValueSlot slot) = _used[i];
            ColumnSchema column = schema.Columns[i];
            if (!ReferenceEquals(column.Name, field.Text) || column.Type != field[slot]!.Type || column.SourceType != field.SourceTypeOf(slot))
            {
                return false;
            }
        }

        return true;
    }
}
