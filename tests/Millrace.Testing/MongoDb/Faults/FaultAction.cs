namespace Millrace.Testing.MongoDb.Faults;

/// <summary>What goes wrong.</summary>
public enum FaultAction
{
    /// <summary>The command answers with an error and is not done.</summary>
    Fail,

    /// <summary>The socket is closed before the command is done.</summary>
    CloseBefore,

    /// <summary>The command is done, and the socket closed without an answer.</summary>
    CloseAfter,

    /// <summary>The command begins late.</summary>
    Delay,

    /// <summary>A part of the answer is sent, then the socket is closed.</summary>
    PartialReply,

    /// <summary>The answer is sent in pieces with a pause after each.</summary>
    SlowReply,
}
