using System;
using System.Diagnostics;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Kpclient.Tests
{
    /// <summary>What came is not what was expected.</summary>
    internal sealed class Mismatch : Exception
    {
        internal Mismatch(string message)
            : base(message)
        {
        }
    }

    internal static class Check
    {
        internal static void That(bool isTrue, string why)
        {
            if (!isTrue) throw new Mismatch(why);
        }

        internal static void Same(byte[] found, byte[] wanted)
        {
            That(found.SequenceEqual(wanted), '"' + Text(found) + "\", \"" + Text(wanted) + "\" expected");
        }

        /// <summary>The beginning of a reply, which the network pads.</summary>
        internal static void Begins(byte[] found, byte[] wanted)
        {
            Same(found.Take(wanted.Length).ToArray(), wanted);
        }

        /// <summary>The exception that is thrown, which must be of this type.</summary>
        internal static T Thrown<T>(Action work)
            where T : Exception
        {
            try
            {
                work();
            }
            catch (T expected)
            {
                return expected;
            }
            throw new Mismatch("no " + typeof(T).Name);
        }

        internal static void Fails(Status status, Action work)
        {
            var found = Thrown<KpcException>(work).Status;
            That(found == status, found + ", " + status + " expected");
        }

        /// <summary>Lets the collector run until so many objects are left; false if they stay.</summary>
        internal static async Task<bool> IsDownTo(int objects)
        {
            var since = Stopwatch.StartNew();
            while (Kpc.DebugLiveObjects() > objects)
            {
                if (since.Elapsed > TimeSpan.FromMinutes(1)) return false;
                GC.Collect();
                GC.WaitForPendingFinalizers();
                await Stir();
            }
            return true;
        }

        /// <summary>
        /// Gives every thread of the pool something to do: Mono takes what idle ones have left on their stacks for
        /// references.
        /// </summary>
        private static async Task Stir()
        {
            var work = Enumerable.Range(0, 4 * Environment.ProcessorCount).Select(i => Task.Run(() => Thread.Sleep(1)));
            await Task.WhenAll(work.ToList());
        }

        internal static byte[] Bytes(string text)
        {
            return Encoding.UTF8.GetBytes(text);
        }

        internal static string Text(byte[] bytes)
        {
            return Encoding.UTF8.GetString(bytes);
        }
    }
}
