using Millrace.Connectors.MongoDb.Bson;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Query;

/// <summary>A projection of find or <c>$project</c>: fields to keep, fields to leave out, or computed ones.</summary>
internal sealed class Projection
{
    private readonly List<(string[] Path, Expression? Value)> _included = [];
    private readonly List<string[]> _excluded = [];
    private readonly bool _withId = true;

    public Projection(Doc specification)
    {
        foreach (Field field in specification)
        {
            bool isFlag = field.Value.Type == BsonType.Boolean || field.Value.IsNumber();
            if (field.Name == "_id" && isFlag && !field.Value.IsTrue())
            {
                _withId = false;
            }
            else if (isFlag && !field.Value.IsTrue())
            {
                _excluded.Add(field.Name.Split('.'));
            }
            else if (field.Name != "_id" || !isFlag)
            {
                AddIncluded(field.Name, field.Value, isFlag);
            }
            else
            {
                IsIdOnly = specification.Count == 1;
            }
        }

        if (_included.Count > 0 && _excluded.Count > 0)
        {
            throw new CommandException(31254, "Cannot do exclusion on a field in inclusion projection");
        }
    }

    private bool IsIdOnly { get; }

    public byte[] Apply(byte[] document)
    {
        Doc source = Doc.Parse(document);
        return Apply(source).ToBytes();
    }

    public Doc Apply(Doc source)
    {
        if (_included.Count == 0 && !IsIdOnly)
        {
            foreach (string[] path in _excluded)
            {
                Exclude(source, path, 0);
            }

            if (!_withId)
            {
                source.Remove("_id");
            }

            return source;
        }

        Doc result = Include(source, [.. _included.Where(i => i.Value is null).Select(i => i.Path)], 0, _withId);
        foreach ((string[] path, Expression? value) in _included)
        {
            if (value?.Invoke(source) is { } computed)
            {
                Put(result, path, 0, computed);
            }
        }

        return result;
    }

    private void AddIncluded(string name, Node value, bool isFlag)
    {
        if (value is Doc { Count: 1 } operation && operation.Fields[0].Name is "$slice" or "$elemMatch" or "$meta")
        {
            throw new CommandException(ErrorCode.BadValue, $"the simulator knows no {((Doc)value).Fields[0].Name} in projections");
        }

        _included.Add((name.Split('.'), isFlag ? null : ExpressionParser.Parse(value)));
    }

    // Fields keep the order of the document.
    private static Doc Include(Doc source, List<string[]> paths, int depth, bool withId)
    {
        var result = new Doc();
        foreach (Field field in source)
        {
            if (depth == 0 && field.Name == "_id" && withId && !paths.Any(p => p[0] == "_id"))
            {
                result.Add(field.Name, field.Value);
                continue;
            }

            List<string[]> here = [.. paths.Where(p => p[depth] == field.Name)];
            if (here.Count == 0)
            {
                continue;
            }

            if (here.Any(p => p.Length == depth + 1))
            {
                result.Add(field.Name, field.Value);
            }
            else if (field.Value is Doc inner)
            {
                result.Add(field.Name, Include(inner, here, depth + 1, false));
            }
            else if (field.Value is Arr items)
            {
                result.Add(field.Name, Arr.Of(items.OfType<Doc>().Select(d => Include(d, here, depth + 1, false))));
            }
        }

        return result;
    }

    private static void Exclude(Node? at, string[] path, int depth)
    {
        if (at is Arr items)
        {
            items.Items.ForEach(i => Exclude(i, path, depth));
        }
        else if (at is Doc doc && depth == path.Length - 1)
        {
            doc.Remove(path[depth]);
        }
        else if (at is Doc outer)
        {
            Exclude(outer[path[depth]], path, depth + 1);
        }
    }

    private static void Put(Doc target, string[] path, int depth, Node value)
    {
        if (depth == path.Length - 1)
        {
            target[path[depth]] = value;
            return;
        }

        if (target[path[depth]] is not Doc inner)
        {
            target[path[depth]] = inner = new Doc();
        }

        Put(inner, path, depth + 1, value);
    }
}
