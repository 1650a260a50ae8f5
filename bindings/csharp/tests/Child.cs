using System.Diagnostics;
using System.IO;
using System.Reflection;

namespace Kpclient.Tests
{
    /// <summary>This program once more, for what ends the process.</summary>
    internal static class Child
    {
        // Mono may wait for an idle thread of its pool, up to a minute.
        private const int LimitMs = 120000;

        /// <summary>Runs it, and removes what it leaves; says what was wrong, if it did not just end.</summary>
        internal static string Run(string arguments)
        {
            var program = Assembly.GetExecutingAssembly().Location;
            var runtime = Process.GetCurrentProcess().MainModule.FileName;
            var folder = Path.Combine(Path.GetTempPath(), "kpclient-" + Path.GetRandomFileName());
            Directory.CreateDirectory(folder);
            var start = new ProcessStartInfo(runtime, "\"" + program + "\" " + arguments)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
            };
            start.EnvironmentVariables["TMPDIR"] = folder;
            try
            {
                using (var process = Process.Start(start)) return Ended(process);
            }
            finally
            {
                Directory.Delete(folder, true);
            }
        }

        private static string Ended(Process process)
        {
            var said = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(LimitMs))
            {
                process.Kill();
                process.WaitForExit();
                return "it does not end";
            }
            var isFine = process.ExitCode == 0 && said.Result.Length == 0;
            return isFine ? null : "it ended with " + process.ExitCode + ": " + said.Result;
        }
    }
}
