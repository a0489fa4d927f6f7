using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Updates;

/// <summary>What an update makes of a document.</summary>
internal abstract class DocumentUpdate
{
    /// <summary>Whether the update gives the whole document.</summary>
    public virtual bool IsReplacement => false;

    public static DocumentUpdate Parse(Node update, bool multi)
    {
        switch (update)
        {
            case Arr pipeline:
                return new PipelineUpdate(pipeline);
            case Doc { Count: > 0 } operators when operators.Fields[0].Name is ['$', ..]:
                return new OperatorUpdate(operators);
            case Doc replacement:
                return multi
                    ? throw new CommandException(ErrorCode.FailedToParse, "multi update is not supported for replacement-style update")
                    : new ReplacementUpdate(replacement);
            default:
                throw new CommandException(ErrorCode.FailedToParse, "Update argument must be either an object or an array");
        }
    }

    /// <summary>The document after the update.</summary>
    public abstract byte[] Apply(byte[] document, Doc filter, bool isInsert);

    /// <summary>The document that an upsert inserts: what the filter says to be equal, and then the update.</summary>
    public virtual byte[] Insert(Doc filter)
    {
        var seed = new Doc();
        AddEqualities(filter, seed);
        return Apply(seed.ToBytes(), filter, isInsert: true);
    }

    protected static void AddEqualities(Doc filter, Doc seed)
    {
        foreach (Field field in filter)
        {
            if (field.Name == "$and" && field.Value is Arr clauses)
            {
                foreach (Doc clause in clauses.OfType<Doc>())
                {
                    AddEqualities(clause, seed);
                }
            }
            else if (field.Name is not ['$', ..])
            {
                Node? value = field.Value is Doc { Count: > 0 } operators && operators.Fields[0].Name is ['$', ..] ? operators["$eq"] : field.Value;
                if (value is not null)
                {
                    FieldPath.Set(seed, field.Name, value);
                }
            }
        }
    }
}
