using System.Buffers.Binary;
using System.Numerics;
using Millrace.Testing.MongoDb;
using Millrace.Testing.MongoDb.Values;
using Millrace.Testing.MongoDb.Wire;

namespace Millrace.IntegrationTests.MongoSimulators;

/// <summary>Messages that drivers seldom send.</summary>
public sealed class ProtocolTests
{
    private const int ReplyDocument = 16 + 20;

    [Fact]
    public async Task The_first_handshake_is_a_query()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync();
        await using MongoWireClient client = await MongoWireClient.ConnectAsync(simulator.Port);
        await client.SendAsync(Query("isMaster"));
        await client.ReceiveAsync();
        BinaryPrimitives.ReadInt32LittleEndian(client.LastMessage.Span[12..]).ShouldBe(1);
        Doc reply = Doc.Parse(client.LastMessage[ReplyDocument..].ToArray());
        reply["ismaster"].IsTrue().ShouldBeTrue();
        reply["helloOk"].IsTrue().ShouldBeTrue();
        reply["setName"].AsString().ShouldBe("rs0");
        reply["topologyVersion"].ShouldNotBeNull();
        await client.SendAsync(Query("ping"));
        await client.ReceiveAsync();
        Doc.Parse(client.LastMessage[ReplyDocument..].ToArray())["code"].AsLong().ShouldBe(352);
    }

    [Fact]
    public async Task A_checksum_is_checked_and_answered_with_one()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync();
        await using MongoWireClient client = await MongoWireClient.ConnectAsync(simulator.Port);
        byte[] message = Checksummed(1);
        await client.SendAsync(message);
        await client.ReceiveAsync();
        byte[] reply = client.LastMessage.ToArray();
        (reply[16] & 1).ShouldBe(1);
        BinaryPrimitives.ReadUInt32LittleEndian(reply.AsSpan(reply.Length - 4)).ShouldBe(Checksum(reply.AsSpan(0, reply.Length - 4)));

        byte[] wrong = Checksummed(2);
        wrong[^1] ^= 1;
        await client.SendAsync(wrong);
        await Should.ThrowAsync<IOException>(client.ReceiveAsync);
    }

    [Fact]
    public async Task Documents_beside_the_command()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync();
        await using MongoWireClient client = await MongoWireClient.ConnectAsync(simulator.Port);
        byte[] body = new Doc { { "insert", "c" }, { "$db", "d" } }.ToBytes();
        byte[] documents = [.. new Doc { { "_id", 1 } }.ToBytes(), .. new Doc { { "_id", 2 } }.ToBytes()];
        byte[] name = "documents\0"u8.ToArray();
        byte[] section = [1, .. BitConverter.GetBytes(4 + name.Length + documents.Length), .. name, .. documents];

        // The sections may come in either order.
        await client.SendAsync([.. new byte[12], .. BitConverter.GetBytes(2013), .. new byte[4], .. section, 0, .. body]);
        await client.ReceiveAsync();
        simulator.Documents("d.c").Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_hello_that_knows_the_topology_waits_until_it_changes()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync();
        await using MongoWireClient client = await MongoWireClient.ConnectAsync(simulator.Port);
        Node known = (await client.RunAsync("admin", new Doc { { "hello", 1 } }))["topologyVersion"]!;
        await using MongoWireClient waiting = await MongoWireClient.ConnectAsync(simulator.Port);
        Task<Doc> next = waiting.RunAsync("admin", new Doc { { "hello", 1 }, { "topologyVersion", known }, { "maxAwaitTimeMS", 60_000 } });
        await client.RunAsync("admin", new Doc { { "ping", 1 } });
        next.IsCompleted.ShouldBeFalse();
        simulator.StepUp();
        (await next)["topologyVersion"]!.Same(known).ShouldBeFalse();
    }

    private static byte[] Query(string command)
    {
        byte[] name = "admin.$cmd\0"u8.ToArray();
        return [.. new byte[12], .. BitConverter.GetBytes(2004), .. new byte[4], .. name, .. new byte[4], .. BitConverter.GetBytes(-1), .. new Doc { { command, 1 }, { "helloOk", true } }.ToBytes()];
    }

    private static byte[] Checksummed(int requestId)
    {
        byte[] body = new Doc { { "ping", 1 }, { "$db", "admin" } }.ToBytes();
        byte[] message = [.. new byte[8], .. new byte[4], .. BitConverter.GetBytes(2013), 1, 0, 0, 0, 0, .. body, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(4), requestId);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(message.Length - 4), Checksum(message.AsSpan(0, message.Length - 4)));
        return message;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return crc ^ uint.MaxValue;
    }
}
