using Millrace.Testing.MongoDb.Commands;

namespace Millrace.Testing.MongoDb.Faults;

/// <summary>What shall go wrong. Faults are looked at in the order in which they were added; of those that match, the first one happens.</summary>
public sealed class FaultPlan
{
    private readonly Lock _lock = new();
    private readonly List<Armed> _faults = [];
    private readonly HashSet<string> _denied = [];

    /// <summary>Adds a fault.</summary>
    public void Add(Fault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        lock (_lock)
        {
            _faults.Add(new Armed(fault));
        }
    }

    /// <summary>Closes the socket that brings the n-th message from now (1 is the next), instead of doing what it says.</summary>
    public void DropAtMessage(int n, params string[] commands) =>
        Add(new Fault(FaultAction.CloseBefore) { Skip = n - 1, Commands = commands.Length == 0 ? null : commands });

    /// <summary>Lets a command fail.</summary>
    public void Fail(string command, int code, int times = 1, params string[] labels) =>
        Add(new Fault(FaultAction.Fail) { Commands = [command], Code = code, Times = times, Labels = labels });

    /// <summary>Answers 13 Unauthorized for a namespace: <c>db.collection</c>, or <c>db.*</c> for commands on the database too.</summary>
    public void Deny(string ns)
    {
        lock (_lock)
        {
            _denied.Add(ns);
        }
    }

    /// <summary>Takes back a <see cref="Deny"/>.</summary>
    public void Allow(string ns)
    {
        lock (_lock)
        {
            _denied.Remove(ns);
        }
    }

    /// <summary>Takes all faults and denials away.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _faults.Clear();
            _denied.Clear();
        }
    }

    /// <summary>Takes away the faults that a fail point had made.</summary>
    internal void Remove(Predicate<Fault> match)
    {
        lock (_lock)
        {
            _faults.RemoveAll(f => match(f.Fault));
        }
    }

    /// <summary>Lets happen what happens before a command is done; remembers on the context what happens to its answer.</summary>
    internal async ValueTask BeforeAsync(CommandContext context)
    {
        string ns = context.TargetNamespace;
        CheckDenied(context, ns);
        Fault? fault = Take(context.Name, ns);
        switch (fault?.Action)
        {
            case FaultAction.Fail:
                throw new CommandException(fault.Code, fault.Message, [.. fault.Labels]);
            case FaultAction.CloseBefore:
                throw new DropConnectionException();
            case FaultAction.Delay:
                await Task.Delay(fault.Pause, context.Cancellation).ConfigureAwait(false);
                break;
            default:
                context.Client.ReplyFault = fault;
                break;
        }
    }

    private Fault? Take(string command, string ns)
    {
        lock (_lock)
        {
            for (int i = 0; i < _faults.Count; i++)
            {
                Armed armed = _faults[i];
                if (!armed.Matches(command, ns))
                {
                    continue;
                }

                if (armed.Skip > 0)
                {
                    armed.Skip--;
                    continue;
                }

                if (armed.Left != int.MaxValue && --armed.Left == 0)
                {
                    _faults.RemoveAt(i);
                }

                return armed.Fault;
            }
        }

        return null;
    }

    private void CheckDenied(CommandContext context, string ns)
    {
        bool denied;
        lock (_lock)
        {
            denied = _denied.Contains(ns) || _denied.Contains(context.Database + ".*");
        }

        if (context.Client.User is { Namespaces: { } allowed } && ns.Contains('.', StringComparison.Ordinal))
        {
            denied |= !allowed.Any(a => a == "*" || a == ns || (a.EndsWith(".*", StringComparison.Ordinal) && ns.StartsWith(a[..^1], StringComparison.Ordinal)));
        }

        if (denied)
        {
            throw new CommandException(ErrorCode.Unauthorized, $"not authorized on {context.Database} to execute command {{ {context.Name}: \"{ns}\" }}");
        }
    }

    private sealed class Armed(Fault fault)
    {
        public Fault Fault => fault;

        public int Skip { get; set; } = fault.Skip;

        public int Left { get; set; } = fault.Times;

        public bool Matches(string command, string ns) =>
            (fault.Commands?.Contains(command) ?? command is not ("hello" or "isMaster" or "ismaster")) && (fault.Namespace is null || fault.Namespace == ns);
    }
}
