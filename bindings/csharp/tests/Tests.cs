using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;

namespace Kpclient.Tests
{
    /// <summary>A test of what only C# has; what it leaves alive is a leak.</summary>
    internal sealed class Test
    {
        internal Test(string name, Func<Simulator, Task> run)
        {
            Name = name;
            Run = run;
        }

        internal string Name { get; }

        internal Func<Simulator, Task> Run { get; }
    }

    internal static class Tests
    {
        private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

        /// <summary>All of them, or those that are named.</summary>
        private static int Main(string[] arguments)
        {
            if (arguments.FirstOrDefault() == ExitTests.Program) return ExitTests.Main(arguments[1]);
            var (passed, failed) = (0, 0);
            var all = new[] { CallTests.All, EventTests.All, StreamTests.All, ObjectTests.All, ExitTests.All };
            foreach (var test in all.SelectMany(some => some))
            {
                if (arguments.Length > 0 && !arguments.Contains(test.Name)) continue;
                var why = Task.Run(() => Why(test)).Result;
                if (why == null) passed++;
                else failed++;
                Console.WriteLine(why == null ? "ok " + test.Name : "FAILED " + test.Name + ": " + why);
            }
            Console.WriteLine("C#: " + passed + " passed, " + failed + " failed, 0 skipped");
            return failed == 0 ? 0 : 1;
        }

        /// <summary>Why a test failed, or null.</summary>
        private static async Task<string> Why(Test test)
        {
            try
            {
                using (var simulator = new Simulator())
                {
                    var run = test.Run(simulator);
                    if (await Task.WhenAny(run, Task.Delay(Limit)) != run) return "it does not end";
                    await run;
                }
                return await Check.IsDownTo(0) ? null : Kpc.DebugLiveObjects() + " objects are left";
            }
            catch (Exception failure)
            {
                return failure.ToString();
            }
        }
    }
}
