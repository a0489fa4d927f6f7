using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Query;

/// <summary>The stages of an aggregation that the simulator knows, over documents in memory.</summary>
internal static class Pipeline
{
    /// <summary>Runs stages over documents. Stages are looked at first, so that an unknown one is refused whether there are documents or not.</summary>
    public static IEnumerable<byte[]> Run(IEnumerable<byte[]> documents, IEnumerable<Doc> stages)
    {
        foreach (Doc stage in stages)
        {
            if (stage.Count != 1)
            {
                throw new CommandException(40323, "A pipeline stage specification object must contain exactly one field.");
            }

            documents = Apply(documents, stage.Fields[0]);
        }

        return documents;
    }

    private static IEnumerable<byte[]> Apply(IEnumerable<byte[]> documents, Field stage)
    {
        switch (stage.Name)
        {
            case "$match":
                Matcher matcher = FilterParser.Parse(DocumentStages.Document(stage));
                return documents.Where(d => matcher.Matches(d));
            case "$sort":
                return FindPlan.Sorted(documents, new SortSpecification(DocumentStages.Document(stage)));
            case "$limit":
                return documents.Take(checked((int)Number(stage)));
            case "$skip":
                return documents.Skip(checked((int)Number(stage)));
            case "$count":
                return Counted(documents, stage.Value.AsString() ?? throw new CommandException(40156, "the count field must be a non-empty string"));
            case "$sample":
                long size = DocumentStages.Document(stage)["size"].AsLong() ?? throw new CommandException(28749, "$sample stage must specify a size");
                return documents.OrderBy(static _ => Random.Shared.Next()).Take((int)size);
            case "$group":
                return GroupStage.Run(documents, DocumentStages.Document(stage));
            case "$bucketAuto":
                return BucketAutoStage.Run(documents, DocumentStages.Document(stage));
            case "$unwind":
                return Unwound(documents, stage.Value.AsString() ?? DocumentStages.Document(stage)["path"].AsString() ?? "");
            default:
                Func<Doc, Doc> change = DocumentStages.Parse(stage);
                return documents.Select(d => change(Doc.Parse(d)).ToBytes());
        }
    }

    private static long Number(Field stage) =>
        stage.Value.AsLong() is >= 0 and { } number ? number : throw new CommandException(15957, $"the {stage.Name} must be a number that is not negative");

    private static IEnumerable<byte[]> Counted(IEnumerable<byte[]> documents, string name)
    {
        int count = documents.Count();
        if (count > 0)
        {
            yield return new Doc { { name, count } }.ToBytes();
        }
    }

    private static IEnumerable<byte[]> Unwound(IEnumerable<byte[]> documents, string path)
    {
        string field = path.TrimStart('$');
        foreach (byte[] document in documents)
        {
            Doc source = Doc.Parse(document);
            foreach (Node item in source[field] is Arr items ? items.Items : source[field] is { } single ? [single] : [])
            {
                Doc copy = source.Clone();
                copy[field] = item;
                yield return copy.ToBytes();
            }
        }
    }
}
