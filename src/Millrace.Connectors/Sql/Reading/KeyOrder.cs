using System.Buffers;
using System.Text;
using Millrace.Core.Contracts;

namespace Millrace.Connectors.Sql.Reading;

/// <summary>A relation, or a part of it, in the order of its primary key: every row is a place to go on from.</summary>
/// <param name="relation">What is read.</param>
/// <param name="dialect">The engine's SQL.</param>
/// <param name="partition">The partition, whose start says where reading goes on.</param>
internal sealed class KeyOrder(Relation relation, RelationalDialect dialect, PartitionPlan partition) : ReadOrder
{
    private readonly RelationColumn[] _key = [.. relation.Key.Select(k => relation.Columns.First(c => c.Name == k))];
    private readonly ArrayBufferWriter<byte> _text = new();
    private KeyPosition _at = KeyPosition.Parse(partition.Start, dialect.Scheme, relation.Key.Length);

    /// <inheritdoc/>
    public override IEnumerable<string> Columns => relation.Key;

    /// <inheritdoc/>
    public override IEnumerable<string> Conditions()
    {
        if (_at.After is { } after)
        {
            yield return dialect.After(_key, after);
        }
        else if (_at.From is { } from)
        {
            yield return dialect.After(_key, from, orEqual: true);
        }

        if (_at.To is { } to)
        {
            yield return $"NOT ({dialect.After(_key, to, orEqual: true)})";
        }
    }

    /// <inheritdoc/>
    public override Position? At(BatchColumns batch, bool isAtEnd)
    {
        _at = _at with
        {
            After = batch.Rows == 0 ? _at.After : [.. relation.Key.Select(k => TextOf(batch.Of(k), batch.Rows - 1))],
            IsEnd = isAtEnd,
        };
        return _at.Print(dialect.Scheme);
    }

    private string TextOf(ReadColumn column, int row)
    {
        _text.ResetWrittenCount();
        column.WriteText(row, _text);
        return Encoding.UTF8.GetString(_text.WrittenSpan);
    }
}
