using Millrace.MongoSimulator;

return await SimulatorHost.RunAsync(args, Console.In, Console.Out, Console.Error).ConfigureAwait(false);
