using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;

namespace Kpclient.Tests
{
    /// <summary>A simulator of its own for a test, with a directory; it ends with its standard input.</summary>
    internal sealed class Simulator : IDisposable
    {
        private readonly Process process;

        internal Simulator(params string[] options)
        {
            Folder = Path.Combine(Path.GetTempPath(), "kpclient-" + Guid.NewGuid().ToString("N").Substring(0, 12));
            Directory.CreateDirectory(Folder);
            Socket = Path.Combine(Folder, "socket");
            var program = Environment.GetEnvironmentVariable("KPC_SIM");
            Check.That(program != null, "KPC_SIM names no simulator");
            var line = new[] { "--control", "stdin", "--instant", "--unix", Socket }.Concat(options);
            process = Process.Start(new ProcessStartInfo(program, string.Join(" ", line))
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            });
            while (!Line().StartsWith("ready:", StringComparison.Ordinal))
            {
            }
        }

        internal string Folder { get; }

        internal string Socket { get; }

        /// <summary>What the simulator answers, behind ok.</summary>
        internal string Say(string command)
        {
            lock (process)
            {
                process.StandardInput.Write(command + "\n");
                process.StandardInput.Flush();
                var answer = Line();
                Check.That(answer.StartsWith("ok", StringComparison.Ordinal), command + ": " + answer);
                return answer.Substring(2).Trim();
            }
        }

        /// <summary>Asks until a number, with dots that of a part, is in the range.</summary>
        internal async Task Until(string count, long least, long most)
        {
            while (true)
            {
                var found = Json.Parse(Say("stats"));
                foreach (var part in count.Split('.')) found = Part(found, part);
                var number = (long)(found ?? 0L);
                if (number >= least && number <= most) return;
                await Task.Delay(5);
            }
        }

        /// <summary>A client that is not connected.</summary>
        internal Client Client(string path = null)
        {
            using (var config = Config.New())
            {
                config.SetUnix(path ?? Socket);
                config.SetReconnect(10, 50);
                return new Client(config);
            }
        }

        internal async Task<Client> Connected()
        {
            var client = Client();
            await client.ConnectAsync();
            return client;
        }

        public void Dispose()
        {
            process.StandardInput.Close();
            process.WaitForExit();
            process.Dispose();
            Directory.Delete(Folder, true);
        }

        private string Line()
        {
            var line = process.StandardOutput.ReadLine();
            Check.That(line != null, "the simulator has ended");
            return line;
        }

        private static object Part(object of, string name)
        {
            object found = null;
            (of as Dictionary<string, object>)?.TryGetValue(name, out found);
            return found;
        }
    }
}
