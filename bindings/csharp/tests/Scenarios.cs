using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;

namespace Kpclient.Tests
{
    /// <summary>The scenarios that every language runs, bindings/scenarios: TABLE [NAME...].</summary>
    internal static class Scenarios
    {
        /// <summary>What C# has not, of what a scenario may need, and why.</summary>
        private static readonly Dictionary<string, string> Missing = new Dictionary<string, string>
        {
            ["fork"] = "the threads of the runtime do not survive a fork",
            ["wrong types"] = "what has another type does not compile",
        };

        private static int Main(string[] arguments)
        {
            var (passed, failed) = (0, 0);
            foreach (var one in (List<object>)Json.Parse(File.ReadAllText(arguments[0])))
            {
                var scenario = (Dictionary<string, object>)one;
                var name = (string)scenario["name"];
                if (arguments.Length > 1 && !arguments.Skip(1).Contains(name)) continue;
                object needs;
                if (scenario.TryGetValue("needs", out needs) && Missing.ContainsKey((string)needs))
                {
                    Console.WriteLine("left out " + name + ": " + Missing[(string)needs]);
                    continue;
                }
                var ends = scenario.ContainsKey("alone") && arguments.Length == 1;
                var why = ends ? InAProcess(arguments[0], name) : Task.Run(() => Run(scenario)).Result;
                if (why == null) passed++;
                else failed++;
                Console.WriteLine(why == null ? "ok " + name : "FAILED " + name + ": " + why);
            }
            Console.WriteLine("scenarios in C#: " + passed + " passed, " + failed + " failed, 0 skipped");
            return failed == 0 ? 0 : 1;
        }

        /// <summary>Runs a scenario that ends its process.</summary>
        private static string InAProcess(string table, string name)
        {
            return Child.Run("\"" + table + "\" " + name);
        }

        /// <summary>Why a scenario failed, or null.</summary>
        private static async Task<string> Run(Dictionary<string, object> scenario)
        {
            var options = scenario.ContainsKey("sim") ? (List<object>)scenario["sim"] : new List<object>();
            using (var simulator = new Simulator(options.Cast<string>().ToArray()))
            {
                var why = await Steps(simulator, (List<object>)scenario["steps"]);
                if (why != null) return why;
                return await Check.IsDownTo(0) ? null : Kpc.DebugLiveObjects() + " objects are left";
            }
        }

        private static async Task<string> Steps(Simulator simulator, List<object> steps)
        {
            using (var world = new World(simulator))
            {
                for (var i = 0; i < steps.Count; i++)
                {
                    var step = new Step(steps[i]);
                    var why = await world.Do(step);
                    if (why != null) return "step " + (i + 1) + " (" + step.Action + "): " + why;
                }
            }
            return null;
        }
    }
}
