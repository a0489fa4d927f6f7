using Millrace.Testing.MongoDb.Query;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Streams;

/// <summary>The stages after <c>$changeStream</c>.</summary>
internal sealed class StreamPipeline
{
    private readonly List<(Matcher? Matcher, Func<Doc, Doc>? Change)> _stages = [];

    public StreamPipeline(IEnumerable<Doc> stages)
    {
        foreach (Field stage in stages.Select(s => s.Fields[0]))
        {
            if (Splits)
            {
                throw new CommandException(7182802, "$changeStreamSplitLargeEvent must be the last stage in the pipeline");
            }

            if (stage.Name == "$changeStreamSplitLargeEvent")
            {
                Splits = true;
            }
            else if (stage.Name == "$match")
            {
                _stages.Add((FilterParser.Parse(DocumentStages.Document(stage)), null));
            }
            else if (DocumentStages.IsKnown(stage.Name))
            {
                _stages.Add((null, DocumentStages.Parse(stage)));
            }
            else
            {
                throw new CommandException(ErrorCode.IllegalOperation, $"{stage.Name} is not permitted in a $changeStream pipeline");
            }
        }
    }

    /// <summary>Whether large events come in fragments.</summary>
    public bool Splits { get; }

    /// <summary>Whether events come as they are.</summary>
    public bool IsEmpty => _stages.Count == 0;

    /// <summary>What the stages make of an event, or null where one of them leaves it out.</summary>
    public byte[]? Apply(StreamEvent change)
    {
        byte[] bytes = change.Bytes;
        foreach ((Matcher? matcher, Func<Doc, Doc>? modify) in _stages)
        {
            if (matcher is not null && !matcher.Matches(bytes))
            {
                return null;
            }

            if (modify is not null)
            {
                Doc result = modify(Doc.Parse(bytes));
                bytes = result.ToBytes();
                if (result["_id"] is not { } id || !id.Same(change.Token.ToDocument()))
                {
                    throw new CommandException(
                        ErrorCode.ChangeStreamFatalError,
                        "Encountered an event whose _id field, which contains the resume token, was modified by the pipeline. Modifying the _id field of an event makes it impossible to resume the stream from that point. Only transformations that retain the unmodified _id field are allowed.",
                        "NonResumableChangeStreamError");
                }
            }
        }

        return bytes;
    }
}
