using System.Collections.Immutable;
using Millrace.Connectors.MongoDb;
using Millrace.Connectors.MongoDb.Oplog;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.UnitTests.MongoDb;

public sealed class LogCoverageTests
{
    private static readonly string[] Patterns = ["*", "a*", "*b", "ab", "a", "b", "?b", "a?", "ab*", "a*b", "system.users"];
    private static readonly MongoNamespace[] Collections = [.. ((string[])["a", "b", "ab", "abb", "ba", "aXb", "c", "cb", "system.users", "system.views"]).Select(n => new MongoNamespace("shop", n))];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_selection_that_covers_another_takes_all_that_the_other_takes(int seed)
    {
        var random = new Random(seed);
        int covered = 0;
        for (int i = 0; i < 5000; i++)
        {
            LogSelection one = Selection(random), other = Selection(random);
            if (one.Covers(other))
            {
                covered++;
                Collections.Where(c => other.Takes(c)).ShouldAllBe(c => one.Takes(c), $"{one} and {other}");
            }

            one.Covers(one).ShouldBeTrue();
        }

        covered.ShouldBeGreaterThan(100);
    }

    /// <summary>Selections follow each other while the log goes on; a model that notes every entry says what each collection is missing.</summary>
    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void What_is_missing_is_what_no_selection_took(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 300; round++)
        {
            LogSelection current = Selection(random);
            LogCoverage coverage = LogCoverage.Begin(1, current);
            var taken = new Dictionary<MongoNamespace, HashSet<ulong>>();
            ulong position = 0;
            for (int step = 0; step < 6; step++)
            {
                ulong reached = position + (ulong)random.Next(0, 4);
                Note(taken, current, position + 1, reached);
                position = reached;
                current = Selection(random);
                Note(taken, current, 1, position);
                coverage = LogCoverage.Parse(coverage.With(current, position).Position);
                if (random.Next(3) == 0 && position > 0)
                {
                    LogSelection givenUp = Selection(random);
                    LogCoverage catching = coverage with { CatchingUp = givenUp };
                    ulong until = (ulong)random.Next(1, (int)position + 1);
                    Note(taken, givenUp, 1, until);
                    coverage = catching.Settle(MongoDbPositions.CatchUp(catching.Id, until, atEnd: false));
                }
            }

            foreach (MongoNamespace collection in Collections)
            {
                HashSet<ulong> has = taken.GetValueOrDefault(collection, []);
                ImmutableArray<LogStretch> missing = coverage.Missing(collection);
                for (ulong entry = 1; entry <= position; entry++)
                {
                    missing.Any(m => entry > m.After && entry <= m.Until).ShouldBe(!has.Contains(entry), $"{collection} at {entry} in {coverage.Position}");
                }
            }
        }
    }

    [Theory]
    [InlineData("mongodb.datasets/")]
    [InlineData("mongodb.datasets/{}")]
    [InlineData("mongodb.datasets/{\"from\":\"x\",\"segments\":[]}")]
    [InlineData("mongodb.datasets/{\"from\":\"00000001.00000001\",\"segments\":[{\"until\":\"on\",\"taken\":[]}]}")]
    [InlineData("mongodb.oplog/00000001.00000001")]
    public void What_is_no_coverage_is_a_coded_error(string text) =>
        Should.Throw<MillraceException>(() => LogCoverage.Parse(new Position(text))).Code.ShouldBe(ErrorCodes.InvalidConfiguration);

    private static void Note(Dictionary<MongoNamespace, HashSet<ulong>> taken, LogSelection selection, ulong from, ulong until)
    {
        foreach (MongoNamespace collection in Collections.Where(selection.Takes))
        {
            taken.TryAdd(collection, []);
            for (ulong entry = from; entry <= until; entry++)
            {
                taken[collection].Add(entry);
            }
        }
    }

    private static LogSelection Selection(Random random)
    {
        string[] include = [.. Enumerable.Range(0, random.Next(1, 3)).Select(_ => Patterns[random.Next(Patterns.Length)])];
        string[] exclude = [.. Enumerable.Range(0, random.Next(0, 2)).Select(_ => Patterns[random.Next(1, Patterns.Length)])];
        return LogSelection.Of("shop", new([.. include], [.. exclude]));
    }
}
