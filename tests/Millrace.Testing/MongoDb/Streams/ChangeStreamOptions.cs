using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Streams;

/// <summary>The options of <c>$changeStream</c>.</summary>
internal sealed class ChangeStreamOptions
{
    private static readonly string[] FullDocuments = ["default", "updateLookup", "whenAvailable", "required"];
    private static readonly string[] BeforeChanges = ["off", "whenAvailable", "required"];

    public ChangeStreamOptions(Doc options)
    {
        foreach (Field field in options)
        {
            switch (field.Name)
            {
                case "fullDocument":
                    FullDocument = Choice(field, FullDocuments);
                    break;
                case "fullDocumentBeforeChange":
                    BeforeChange = Choice(field, BeforeChanges);
                    break;
                case "resumeAfter":
                    Token = ResumeToken.Parse(field.Value);
                    if (Token is { IsInvalidate: true })
                    {
                        throw new CommandException(ErrorCode.InvalidResumeToken, "Attempting to resume a change stream using 'resumeAfter' is not allowed from an invalidate notification.");
                    }

                    break;
                case "startAfter":
                    Token = ResumeToken.Parse(field.Value);
                    break;
                case "startAtOperationTime":
                    StartAt = field.Value.AsTimestamp();
                    break;
                case "allChangesForCluster":
                    WholeCluster = field.Value.IsTrue();
                    break;
                case "showExpandedEvents":
                    ShowsExpandedEvents = field.Value.IsTrue();
                    break;
                default:
                    throw new CommandException(ErrorCode.UnknownField, $"BSON field '$changeStream.{field.Name}' is an unknown field.");
            }
        }

        int starts = options.Count(f => f.Name is "resumeAfter" or "startAfter" or "startAtOperationTime");
        if (starts > 1)
        {
            throw new CommandException(40674, "Only one type of resume option is allowed, but multiple were found.");
        }
    }

    public string FullDocument { get; } = "default";

    public string BeforeChange { get; } = "off";

    public ResumeToken? Token { get; }

    public ulong? StartAt { get; }

    public bool WholeCluster { get; }

    public bool ShowsExpandedEvents { get; }

    private static string Choice(Field field, string[] choices) => field.Value.AsString() is { } value && choices.Contains(value)
        ? value
        : throw new CommandException(ErrorCode.BadValue, $"Enumeration value for field '$changeStream.{field.Name}' is not a valid value.");
}
