using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Millrace.Core.Config;
using Millrace.Core.Contracts.SqlSteps;
using Millrace.Core.Schemas;

namespace Millrace.Core.Lineage;

/// <summary>The lineage of tasks of steps T and L: what is declared, and for other targets what their SQL says.</summary>
public static class StepLineage
{
    private static readonly string[] OwnParameters = ["run_id", "task_run_id", "logging_sequence", "job", "task", "since", "until"];

    /// <summary>A task's lineage.</summary>
    /// <param name="task">A task of step T or L.</param>
    /// <param name="reader">Reads SQL of its connection; null where there is none.</param>
    /// <param name="columnsOf">Columns that are known of tables of its connection; null where nothing is.</param>
    /// <param name="learn">Told of columns of tables that the SQL makes.</param>
    public static TaskLineage Of(
        ProjectTask task, ISqlLineageReader? reader, Func<TableId, IReadOnlyList<string>?> columnsOf, Action<TableId, ImmutableArray<string>> learn)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(learn);
        SqlStep sql = task.Sql ?? throw new ArgumentException("The task is of step E.", nameof(task));
        var lineage = new TaskLineage(task.Key, task.Job, task.Name, task.Step.ToString())
        {
            Script = sql.Script,
            ScriptSha = sql.Sql is { } text ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))) : null,
        };
        ImmutableArray<LineageEdge> declared = [.. task.Lineage.SelectMany(d => Declared(d, sql.Connection, reader))];
        HashSet<string> targets = [.. declared.Select(e => e.To.OfTable.ToString())];
        if (sql.Sql is null || reader is null)
        {
            string what = sql.Procedure is { } procedure ? $"what the procedure {procedure} reads and writes" : "what the SQL reads and writes";
            return lineage with { Edges = declared, Notes = declared.IsEmpty ? [$"{what} cannot be told; say it by lineage:"] : [] };
        }

        HashSet<string> parameters = [.. OwnParameters, .. sql.Parameters.Select(p => p.Name)];
        SqlLineage read = reader.Read(sql.Sql, parameters, columnsOf);
        foreach ((TableId table, ImmutableArray<string> columns) in read.Columns)
        {
            learn(table, columns);
        }

        return lineage with
        {
            Edges = [.. declared, .. read.Edges.Select(e => Parsed(e, sql.Connection)).Where(e => !targets.Contains(e.To.OfTable.ToString()))],
            Notes = [.. read.Notes.Select(n => n.Line == 0 ? n.Text : $"{sql.Script ?? "the SQL"}, line {n.Line}: {n.Text}")],
        };
    }

    private static LineageEdge Parsed(SqlLineageEdge edge, string connection) => new(
        edge.From is { } source ? new(connection, source.ToString(), edge.FromColumn) : null,
        new(connection, edge.To.ToString(), edge.ToColumn),
        edge.Kind,
        LineageOrigin.Parsed)
    {
        Line = edge.Line,
        IsUncertain = edge.IsUncertain,
    };

    private static IEnumerable<LineageEdge> Declared(DeclaredLineage declared, string connection, ISqlLineageReader? reader)
    {
        LineageNode to = Table(declared.To, connection, reader);
        foreach (string from in declared.From)
        {
            yield return new(Table(from, connection, reader), to, LineageKind.Transformed, LineageOrigin.Declared);
        }

        foreach ((string column, ImmutableArray<string> sources) in declared.Columns)
        {
            LineageNode target = to with { Column = column };
            if (sources.IsEmpty)
            {
                yield return new(null, target, LineageKind.Constant, LineageOrigin.Declared);
            }

            foreach (string source in sources)
            {
                int dot = source.LastIndexOf('.');
                LineageNode from = Table(source[..dot], connection, reader) with { Column = source[(dot + 1)..] };
                bool isOne = sources.Length == 1;
                yield return new(from, target, !isOne ? LineageKind.Derived : from.Column == column ? LineageKind.Copied : LineageKind.Renamed, LineageOrigin.Declared);
            }
        }
    }

    private static LineageNode Table(string text, string connection, ISqlLineageReader? reader)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0)
        {
            return new(text[..colon], text[(colon + 1)..]);
        }

        var table = TableId.Parse(text);
        return new(connection, (reader?.Resolve(table) ?? table).ToString());
    }
}
