using Millrace.Testing.MongoDb.Updates;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Query;

/// <summary>Pipeline stages that make one document of one document.</summary>
internal static class DocumentStages
{
    public static bool IsKnown(string stage) => stage is "$set" or "$addFields" or "$unset" or "$project" or "$replaceRoot" or "$replaceWith";

    public static Func<Doc, Doc> Parse(Field stage)
    {
        switch (stage.Name)
        {
            case "$set" or "$addFields":
                var fields = Document(stage).Select(f => (f.Name, Value: ExpressionParser.Parse(f.Value))).ToArray();
                return source => Put(source, fields);
            case "$unset":
                string[] names = [.. (stage.Value is Arr several ? several.Items : [stage.Value]).Select(n => n.AsString() ?? "")];
                return source =>
                {
                    Array.ForEach(names, n => FieldPath.Unset(source, n));
                    return source;
                };
            case "$project":
                var projection = new Projection(Document(stage));
                return projection.Apply;
            case "$replaceRoot" or "$replaceWith":
                Expression root = ExpressionParser.Parse(stage.Name == "$replaceWith" ? stage.Value : Document(stage)["newRoot"]!);
                return source => root(source) as Doc ?? throw new CommandException(40228, "'newRoot' expression must evaluate to an object");
            default:
                throw new CommandException(ErrorCode.UnrecognizedPipelineStage, $"Unrecognized pipeline stage name: '{stage.Name}'");
        }
    }

    public static Doc Document(Field stage) =>
        stage.Value as Doc ?? throw new CommandException(40272, $"{stage.Name} specification stage must be an object, got {FilterParser.NameOf(stage.Value.Type)}");

    private static Doc Put(Doc source, (string Name, Expression Value)[] fields)
    {
        Doc result = source.Clone();
        foreach ((string name, Expression value) in fields)
        {
            if (value(source) is { } computed)
            {
                FieldPath.Set(result, name, computed);
            }
            else
            {
                FieldPath.Unset(result, name);
            }
        }

        return result;
    }
}
