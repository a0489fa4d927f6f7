using Millrace.Testing.MongoDb.Query;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Updates;

/// <summary>An update by a pipeline of <c>$set</c>, <c>$unset</c>, <c>$project</c> and <c>$replaceWith</c>.</summary>
internal sealed class PipelineUpdate(Arr pipeline) : DocumentUpdate
{
    public override byte[] Apply(byte[] document, Doc filter, bool isInsert)
    {
        Doc result = Doc.Parse(document);
        Node? id = result["_id"];
        foreach (Node stage in pipeline)
        {
            result = DocumentStages.Parse((stage as Doc)?.Fields[0] ?? throw new CommandException(ErrorCode.TypeMismatch, "a stage must be an object"))(result);
        }

        if (id is not null && result["_id"] is null)
        {
            result.Prepend("_id", id);
        }

        return result.ToBytes();
    }
}
