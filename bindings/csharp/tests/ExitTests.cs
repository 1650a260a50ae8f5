using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;

namespace Kpclient.Tests
{
    /// <summary>Processes that end with something under way. A runtime that stops before the library hangs.</summary>
    internal static class ExitTests
    {
        internal const string Program = "--exit";

        internal static readonly List<Test> All = new[] { "return", "exit", "disposed", "closed", "log" }
            .Select(how => new Test("a process ends: " + how, simulator => Ends(how, simulator)))
            .ToList();

        /// <summary>What such a process does with the simulator that KPC_SOCKET names.</summary>
        internal static int Main(string how)
        {
            var client = Task.Run(() => Connected(how == "log")).Result;
            var events = client.OpenEvents();
            var next = Enumerable.Range(0, 3).Select(i => events.NextAsync()).ToList();
            var keys = Kpc.NewKeypair();
            var reads = Enumerable.Range(0, 100).Select(i => client.ReadBoxAsync(keys.ReadCap, keys.First)).ToList();
            if (how == "exit") Environment.Exit(0);
            if (how == "disposed") client.Dispose();
            if (how == "closed") client.Close();
            GC.KeepAlive(next);
            GC.KeepAlive(reads);
            return 0;
        }

        private static async Task<Client> Connected(bool logs)
        {
            using (var config = Config.New())
            {
                config.SetUnix(Environment.GetEnvironmentVariable("KPC_SOCKET"));
                if (logs) config.SetLog(LogLevel.Trace, (level, line) => { });
                var client = new Client(config);
                await client.ConnectAsync();
                return client;
            }
        }

        private static Task Ends(string how, Simulator simulator)
        {
            Environment.SetEnvironmentVariable("KPC_SOCKET", simulator.Socket);
            var why = Child.Run(Program + " " + how);
            Check.That(why == null, why);
            return Task.CompletedTask;
        }
    }
}
