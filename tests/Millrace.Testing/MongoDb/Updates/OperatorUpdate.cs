using Millrace.Connectors.MongoDb.Bson;
using Millrace.Testing.MongoDb.Oplog;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Updates;

/// <summary>An update by operators. Paths are worked through in the order of their names, as servers since 5.0 do.</summary>
internal sealed class OperatorUpdate : DocumentUpdate
{
    private readonly (string Operator, string Path, Node Argument)[] _steps;

    public OperatorUpdate(Doc operators)
    {
        var steps = new List<(string Operator, string Path, Node Argument)>();
        foreach (Field field in operators)
        {
            if (field.Name is not ['$', ..])
            {
                throw new CommandException(ErrorCode.FailedToParse, $"Unknown modifier: {field.Name}. Expected a valid update modifier or pipeline-style update");
            }

            if (!UpdateOperators.Known.Contains(field.Name))
            {
                throw new CommandException(ErrorCode.FailedToParse, $"Unknown modifier: {field.Name}");
            }

            foreach (Field step in field.Value as Doc ?? throw new CommandException(ErrorCode.FailedToParse, $"Modifiers operate on fields but we found type {field.Value.Type} instead"))
            {
                if (step.Name.Split('.').Any(s => s.StartsWith('$') && s is not ("$ref" or "$id" or "$db")))
                {
                    throw new CommandException(ErrorCode.BadValue, $"the simulator does not know the positional operators in '{step.Name}'");
                }

                steps.Add((field.Name, step.Name, step.Value));
            }
        }

        _steps = [.. steps.OrderBy(s => s.Path, PathOrder.Instance)];
        CheckConflicts();
    }

    public override byte[] Apply(byte[] document, Doc filter, bool isInsert)
    {
        Doc result = Doc.Parse(document);
        foreach ((string name, string path, Node argument) in _steps)
        {
            if (name != "$setOnInsert")
            {
                UpdateOperators.Apply(result, name, path, argument);
            }
            else if (isInsert)
            {
                FieldPath.Set(result, path, argument.Clone());
            }
        }

        return result.ToBytes();
    }

    private void CheckConflicts()
    {
        List<string> paths = [.. _steps.Select(s => s.Path), .. _steps.Where(s => s.Operator == "$rename").Select(s => s.Argument.AsString() ?? "")];
        for (int i = 0; i < paths.Count; i++)
        {
            for (int j = 0; j < paths.Count; j++)
            {
                if (i != j && (paths[i] == paths[j] || paths[j].StartsWith(paths[i] + ".", StringComparison.Ordinal)))
                {
                    throw new CommandException(ErrorCode.ConflictingUpdateOperators, $"Updating the path '{paths[j]}' would create a conflict at '{paths[i]}'");
                }
            }
        }
    }
}
