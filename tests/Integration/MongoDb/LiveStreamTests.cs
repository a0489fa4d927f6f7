using Millrace.Connectors.MongoDb;
using Millrace.Core.Errors;
using Millrace.Testing.MongoDb;
using Millrace.Testing.MongoDb.External;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>Change capture of a live server by change streams, and what only they do.</summary>
public sealed class LiveStreamTests : LiveChangeTests
{
    [Fact]
    public async Task A_task_may_change_over_to_the_oplog_and_back()
    {
        Server.Needs(MongoGap.Oplog);
        Server.Needs(MongoGap.Transactions);
        Server.Insert("shop.orders", Enumerable.Range(0, 10).Select(i => Order(i, i)));
        await RunAsync();
        for (int i = 0; i < 6; i++)
        {
            Capture = i % 2 == 0 ? MongoDbCapture.Oplog : MongoDbCapture.ChangeStreams;
            Server.Update("shop.orders", ById(i), Set("n", 100 + i));
            Server.InTransaction(t => t.Insert("shop.orders", Order(50 + i, i)));
            LiveRun run = await RunAsync();

            run.Rows.Count.ShouldBe(2);
            Committed["log"].Scheme.ShouldBe(i % 2 == 0 ? "mongodb.oplog" : "mongodb.token");
        }

        Target().ShouldBe(Source());
    }

    [Fact]
    public async Task Post_images_are_the_documents_as_they_were()
    {
        Server.Needs(MongoGap.PostImages);
        UpdateImages = MongoDbUpdateImages.PostImage;
        Server.Create("shop.orders", new Doc { { "changeStreamPreAndPostImages", new Doc { { "enabled", true } } } });
        Server.Insert("shop.orders", [Order(1, 1)]);
        await RunAsync();
        Server.Update("shop.orders", ById(1), Set("n", 2));
        Server.Update("shop.orders", ById(1), Set("n", 3));
        LiveRun run = await RunAsync();

        run.Rows.Select(r => r.Values["n"]).ShouldBe(["2", "3"]);
    }

    [Fact]
    public async Task A_post_image_that_is_not_there_fails_the_run_or_is_looked_up()
    {
        Server.Needs(MongoGap.PostImages);
        UpdateImages = MongoDbUpdateImages.PostImage;
        Server.Insert("shop.orders", [Order(1, 1), Order(2, 2)]);
        await RunAsync();
        Server.Update("shop.orders", ById(1), Set("n", 2));
        (await Should.ThrowAsync<MillraceException>(() => RunAsync())).Code.ShouldBe(ErrorCodes.MongoPostImageMissing);

        UpdateImages = MongoDbUpdateImages.PostImageOrLookup;
        Server.Delete("shop.orders", ById(2));
        await RunAsync();
        Target().ShouldBe(Source());
    }

    [Fact]
    public async Task Several_named_collections_are_followed_by_one_stream()
    {
        Datasets = ["orders", "customers"];
        foreach (string name in (string[])["orders", "customers", "others"])
        {
            Server.Insert("shop." + name, Enumerable.Range(0, 10).Select(i => Order(i, i)));
        }

        await RunAsync();
        foreach (string name in (string[])["orders", "customers", "others"])
        {
            Server.Update("shop." + name, ById(3), Set("n", 33));
        }

        LiveRun run = await RunAsync();

        run.Rows.Count.ShouldBe(2);
        Target().ShouldBe(Source());
        Target("customers").ShouldBe(Source("customers"));
    }
}

/// <summary>Events that are larger than an event may be: a server that splits them, and one that does not.</summary>
public abstract class LiveLargeEventTests : LiveServerTest
{
    private const int Limit = 20_000;

    private protected MongoSimulatorOptions Of(string version, int wire) => new() { Version = version, MaxWireVersion = wire, MaxDocumentBytes = Limit };

    [Fact]
    public async Task A_large_event_is_read_among_others()
    {
        Server.Insert("shop.orders", Enumerable.Range(0, 10).Select(i => Order(i, i)));
        await RunAsync();
        Server.Update("shop.orders", ById(1), Set("n", 11));
        Server.Insert("shop.orders", [Order(100, 1, new string('x', Limit - 60))]);
        Server.Update("shop.orders", ById(2), Set("n", 22));
        Server.Update("shop.orders", ById(100), Set("text", new string('y', Limit - 60)));
        Server.Update("shop.orders", ById(3), Set("n", 33));
        LiveRun run = await RunAsync();

        run.Rows.Count.ShouldBe(5);
        Target().ShouldBe(Source());
        (await RunAsync()).Rows.ShouldBeEmpty();
    }
}

/// <summary>MongoDB 7.0 splits large events.</summary>
public sealed class LiveSplitEventTests : LiveLargeEventTests
{
    private protected override MongoSimulatorOptions ServerOptions => Of("7.0.14", 21);
}

/// <summary>MongoDB 6.0.8 refuses large events.</summary>
public sealed class LiveUnsplitEventTests : LiveLargeEventTests
{
    private protected override MongoSimulatorOptions ServerOptions => Of("6.0.8", 17);
}
