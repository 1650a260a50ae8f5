using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Kpclient.Tests
{
    /// <summary>One step of a scenario.</summary>
    internal sealed class Step
    {
        private readonly Dictionary<string, object> fields;

        internal Step(object fields)
        {
            this.fields = (Dictionary<string, object>)fields;
        }

        internal string Action => Word("do");

        internal int Many => (int)(Number("many") ?? 1);

        internal int LimitMs => (int)(Number("timeout_ms") ?? -1);

        /// <summary>The text of a message, as often as wanted.</summary>
        internal byte[] Text
        {
            get
            {
                var times = (int)(Number("times") ?? 1);
                return Check.Bytes(string.Concat(Enumerable.Repeat(Word("text"), times)));
            }
        }

        internal string Word(string field)
        {
            Check.That(Maybe(field) != null, "no " + field);
            return Maybe(field);
        }

        internal string Maybe(string field) => Field(field) as string;

        internal IEnumerable<string> Words(string field) => ((List<object>)Field(field)).Cast<string>();

        internal long? Number(string field) => Field(field) as long?;

        internal bool IsSet(string field) => Field(field) as bool? == true;

        private object Field(string name)
        {
            object found;
            return fields.TryGetValue(name, out found) ? found : null;
        }
    }

    /// <summary>What a scenario has made so far, and how steps are started, waited for and cancelled.</summary>
    internal sealed class World : IDisposable
    {
        /// <summary>How often a log function has thrown.</summary>
        internal int Complaints;

        private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

        private readonly Dictionary<string, List<object>> things = new Dictionary<string, List<object>>();
        private readonly Dictionary<string, Started> started = new Dictionary<string, Started>();

        internal World(Simulator simulator)
        {
            Simulator = simulator;
        }

        internal Simulator Simulator { get; }

        internal T Thing<T>(Step step, string field) => (T)All(step.Word(field)).Last();

        /// <summary>Does a step or starts it; says what was wrong.</summary>
        internal async Task<string> Do(Step step)
        {
            switch (step.Action)
            {
                case "wait": return await Wait(step);
                case "cancel":
                    started[step.Word("what")].Source.Cancel();
                    return null;
                case "free":
                    foreach (var thing in All(step.Word("what"))) ((IDisposable)thing).Dispose();
                    return null;
                case "forget":
                    things.Remove(step.Word("what"));
                    return null;
                case "collect":
                    for (var i = 0; i < step.Many; i++) GC.Collect();
                    GC.WaitForPendingFinalizers();
                    return null;
                case "exit":
                    Environment.Exit(0);
                    return null;
                default: return await Act(step);
            }
        }

        public void Dispose()
        {
            foreach (var one in started.Values) one.Source.Cancel();
            foreach (var thing in things.Values.SelectMany(all => all)) (thing as IDisposable)?.Dispose();
            things.Clear();
        }

        private List<object> All(string name)
        {
            Check.That(things.ContainsKey(name), "there is no " + name);
            return things[name];
        }

        private async Task<string> Wait(Step step)
        {
            foreach (var task in started[step.Word("for")].Tasks)
            {
                var why = await Judged(step, task);
                if (why != null) return why;
            }
            return null;
        }

        private async Task<string> Act(Step step)
        {
            var name = step.Maybe("start");
            if (name != null)
            {
                // Each has asked the library before the next step.
                var source = new CancellationTokenSource();
                var tasks = Enumerable.Range(0, step.Many).Select(i => Actions.Do(this, step, i, source.Token));
                started[name] = new Started { Source = source, Tasks = tasks.ToList() };
                return null;
            }
            var made = new List<object>();
            for (var i = 0; i < step.Many; i++)
            {
                var task = Actions.Do(this, step, i, new CancellationToken(step.IsSet("cancelled")));
                var why = await Judged(step, task);
                if (why != null) return why;
                if (task.Status == TaskStatus.RanToCompletion) made.Add(task.Result);
            }
            if (step.Maybe("as") != null) things[step.Word("as")] = made;
            return null;
        }

        /// <summary>Whether a step ends as it should.</summary>
        private static async Task<string> Judged(Step step, Task task)
        {
            var wanted = Name(step.Maybe("fails") ?? "OK");
            if (await Task.WhenAny(task, Task.Delay(Limit)) != task) return "it does not end";
            var found = "Ok";
            try
            {
                await task;
            }
            catch (OperationCanceledException)
            {
                found = "Cancelled";
            }
            catch (KpcException failure)
            {
                var family = step.Maybe("class");
                if (family != null && failure.Category.ToString() != Name(family)) return failure.Category.ToString();
                if (failure.Status.ToString() != wanted) return failure.Message + ", " + wanted + " expected";
                found = wanted;
            }
            catch (Exception failure)
            {
                return failure.ToString();
            }
            return found == wanted ? null : found + ", " + wanted + " expected";
        }

        /// <summary>BoxIdNotFound of BOX_ID_NOT_FOUND.</summary>
        internal static string Name(string name)
        {
            return string.Concat(name.Split('_').Select(word => word[0] + word.Substring(1).ToLowerInvariant()));
        }

        private sealed class Started
        {
            internal CancellationTokenSource Source { get; set; }

            internal List<Task<object>> Tasks { get; set; }
        }
    }
}
