using System.Collections.Immutable;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>Reads one statement of any kind. Those that neither read nor write rows are passed over; those that cannot be told are noted.</summary>
internal sealed class StatementReader(ScriptContext script, FlowBuilder flows)
{
    private static readonly string[] Harmless =
    [
        "TRUNCATE", "COMMENT", "GRANT", "REVOKE", "ANALYZE", "VACUUM", "CHECKPOINT", "LOCK", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT", "BEGIN", "START", "END",
        "CLUSTER", "REINDEX", "REFRESH", "INSTALL", "LOAD", "PRAGMA", "RESET", "DISCARD", "NOTIFY", "LISTEN", "UNLISTEN", "SHOW", "ATTACH", "DETACH", "DECLARE", "CLOSE",
    ];

    private readonly ChangeReader _changes = new(script, flows);

    /// <summary>Reads it.</summary>
    public void Read(ImmutableArray<SqlToken> tokens)
    {
        var cursor = new TokenCursor(tokens);
        var scope = new Scope(script, null);
        if (cursor.TryTake("WITH"))
        {
            new WithReader(script, scope) { Changes = _changes.Read }.Read(cursor);
        }

        SqlToken verb = cursor.Current;
        switch (verb)
        {
            case var _ when ChangeReader.Begins(verb):
                _changes.Read(cursor.Rest, scope);
                break;
            case var _ when verb.IsParenthesis || verb.Is("SELECT", "VALUES", "TABLE", "FROM"):
                ReadQuery(cursor.Rest, scope);
                break;
            case var _ when verb.Is("CREATE"):
                new CreateReader(script, flows).Read(cursor);
                break;
            case var _ when verb.Is("ALTER"):
                ReadAlter(cursor);
                break;
            case var _ when verb.Is("DROP"):
                ReadDrop(cursor);
                break;
            case var _ when verb.Is("COPY"):
                ReadCopy(cursor);
                break;
            case var _ when verb.Is("SET", "USE"):
                ReadSet(cursor);
                break;
            case var _ when verb.Is("CALL", "EXECUTE", "EXEC", "DO", "PREPARE"):
                script.Note($"what {verb.Text.ToUpperInvariant()} reads and writes cannot be told from the script");
                break;
            case var _ when !verb.Is(Harmless):
                throw new UnreadableSqlException($"'{verb.Text}' begins no statement that is known");
        }

        flows.EndStatement(verb.Kind == SqlTokenKind.Word ? verb.Text : "SELECT");
    }

    private void ReadQuery(ImmutableArray<SqlToken> tokens, Scope scope)
    {
        int into = Enumerable.Range(0, tokens.Length).FirstOrDefault(i => tokens[i].Is("INTO"), -1);
        if (into >= 0)
        {
            var cursor = new TokenCursor(tokens[(into + 1)..]);
            bool isTemporary = cursor.TryTakeAny("TEMP", "TEMPORARY");
            cursor.TryTake("UNLOGGED");
            cursor.TryTake("TABLE");
            ImmutableArray<SqlToken> name = cursor.TakeName();
            Relation made = new QueryReader(script).ReadSet([.. tokens[..into], .. cursor.Rest], scope);
            new CreateReader(script, flows).Fill(name, isTemporary, made);
            return;
        }

        Relation query = new QueryReader(script).ReadSet(tokens, scope);
        flows.Reads(query.Uses);
        bool callsOnly = !query.Uses.All.Any() && Enumerable.Range(0, Math.Max(0, tokens.Length - 3))
            .Any(i => tokens[i].IsName && tokens[i + 1].IsSymbol(".") && tokens[i + 2].IsName && tokens[i + 3].IsParenthesis);
        if (callsOnly)
        {
            script.Note("what the function that it calls reads and writes cannot be told from the script");
        }
    }

    private void ReadAlter(TokenCursor cursor)
    {
        cursor.Take();
        if (!cursor.TryTakeAny("TABLE", "VIEW") && !cursor.TryTake("MATERIALIZED", "VIEW"))
        {
            return;
        }

        cursor.TryTake("IF", "EXISTS");
        cursor.TryTake("ONLY");
        ImmutableArray<SqlToken> name = cursor.TakeName();
        cursor.TryTakeSymbol("*");
        TableId table = script.TableOf(name);
        if (cursor.TryTake("RENAME", "TO"))
        {
            Rename(name, table, table with { Name = script.Fold(cursor.TakeName()[^1]) });
        }
        else if (cursor.TryTake("SET", "SCHEMA"))
        {
            Rename(name, table, table with { Schema = script.Fold(cursor.TakeName()[^1]) });
        }
        else if (cursor.TryTake("RENAME"))
        {
            RenameColumn(cursor, table);
        }
        else
        {
            AddColumns(cursor, table);
        }
    }

    private void Rename(ImmutableArray<SqlToken> name, TableId from, TableId to)
    {
        if (name.Length == 1 && script.Temporary.Remove(script.Fold(name[0]), out Relation? temporary))
        {
            script.Temporary[to.Name] = temporary;
            return;
        }

        flows.Rename(from, to);
        if (script.Made.TryGetValue(from, out List<string>? columns))
        {
            script.SetColumns(to, columns);
        }
    }

    private void RenameColumn(TokenCursor cursor, TableId table)
    {
        cursor.TryTake("COLUMN");
        string from = script.Fold(cursor.TakeName()[^1]);
        cursor.Expect("TO");
        string to = script.Fold(cursor.TakeName()[^1]);
        flows.RenameColumn(table, from, to);
        if (script.Made.TryGetValue(table, out List<string>? columns))
        {
            script.SetColumns(table, columns.Select(c => script.Names.Equals(c, from) ? to : c).ToArray());
        }
    }

    private void AddColumns(TokenCursor cursor, TableId table)
    {
        foreach (ImmutableArray<SqlToken> action in TokenCursor.Split(cursor.Rest))
        {
            var part = new TokenCursor(action);
            if (!part.TryTake("ADD"))
            {
                continue;
            }

            part.TryTake("COLUMN");
            part.TryTake("IF", "NOT", "EXISTS");
            bool isColumn = part.Current.IsName && !part.Current.Is("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK");
            if (isColumn && script.Made.TryGetValue(table, out List<string>? columns) && !columns.Contains(script.Fold(part.Current), script.Names))
            {
                columns.Add(script.Fold(part.Current));
            }
        }
    }

    private void ReadDrop(TokenCursor cursor)
    {
        cursor.Take();
        if (cursor.TryTakeAny("TABLE", "VIEW"))
        {
            cursor.TryTake("IF", "EXISTS");
            foreach (ImmutableArray<SqlToken> name in TokenCursor.Split(cursor.Rest).Where(n => n is [{ IsName: true }, ..]))
            {
                script.Temporary.Remove(script.Fold(name[0]));
            }
        }
    }

    private void ReadCopy(TokenCursor cursor)
    {
        cursor.Take();
        if (cursor.Current.IsParenthesis)
        {
            flows.Reads(new QueryReader(script).Read(cursor.TakeGroup(), null).Uses);
            return;
        }

        FlowTarget target = _changes.Target(cursor.TakeName());
        cursor.TakeUntil(c => c.Current.Is("FROM", "TO"));
        if (cursor.TryTake("FROM"))
        {
            flows.Writes(target);
            script.Note($"it loads {target.Table} from outside the database");
        }
        else
        {
            var uses = new TableUses();
            uses.Data.Add(target.Table);
            flows.Reads(uses);
        }
    }

    private void ReadSet(TokenCursor cursor)
    {
        bool isPath = cursor.Take().Is("USE");
        cursor.TryTakeAny("LOCAL", "SESSION", "GLOBAL");
        if (isPath || cursor.Current.Is("SEARCH_PATH", "SCHEMA"))
        {
            script.Note("it changes where tables without a schema are looked for; they are told as if it did not");
        }
    }
}
