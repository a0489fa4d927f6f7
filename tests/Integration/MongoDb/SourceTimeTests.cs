using Millrace.Connectors.MongoDb;
using Millrace.Connectors.MongoDb.Images;
using Millrace.Connectors.MongoDb.Oplog;
using Millrace.Core.Contracts;

namespace Millrace.IntegrationTests.MongoDb;

public sealed class SourceTimeTests
{
    /// <summary>Versions of scd2 hold from one change's time to the next one's: were a later change the earlier in time, one would end before it begins.</summary>
    [Fact]
    public void A_wall_clock_that_is_off_does_not_put_changes_out_of_the_log_s_order()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("millrace-time-");
        try
        {
            using AfterImages images = AfterImages.Open(folder.FullName);
            var scope = new LogScope(new DatasetNames(null, [], DatasetSelector.All), null, LogPurpose.GoOn);
            using var window = new ChangeWindow("log", false, 10, 1000);
            using var applier = new OplogApplier(
                new LogCollections(scope), images, window, new(SourceRunner.Settings(new(), ReplicationMethod.ChangeCapture, ""), false), OnDrop.Ignore, static _ => { });
            (uint Second, long Wall, long Expected)[] entries =
                [(100, 100_400, 100_400), (100, 107_000, 100_999), (101, 99_000, 101_000), (101, 101_001, 101_001), (102, long.MinValue, 102_000)];
            foreach ((uint second, long wall, long expected) in entries)
            {
                applier.Begin((ulong)second << 32, wall);
                applier.Time.ShouldBe(expected * TimeSpan.TicksPerMillisecond);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
