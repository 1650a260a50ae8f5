// Where the package is compiled for .NET by Mono's compiler, these types come from netstandard, and not from the
// assembly in which only Mono has them (packaging/nuget/netstandard.cs).
#if TYPES_OF_NETSTANDARD
extern alias netstandard;
using netstandard::System.Collections.Generic;
using ValueTask = netstandard::System.Threading.Tasks.ValueTask;
using ValueTaskOfBool = netstandard::System.Threading.Tasks.ValueTask<bool>;
#else
using System.Collections.Generic;
using ValueTask = System.Threading.Tasks.ValueTask;
using ValueTaskOfBool = System.Threading.Tasks.ValueTask<bool>;
#endif
using System;
using System.Threading;
using Task = System.Threading.Tasks.Task;
using TaskOfBool = System.Threading.Tasks.Task<bool>;

namespace Kpclient
{
    /// <content>Events in an <c>await foreach</c> loop.</content>
    public sealed partial class Events : IAsyncEnumerable<Event>
    {
        /// <summary>
        /// The events for an <c>await foreach</c> loop, which takes each, waits for the next one, and
        /// ends behind the ClosedEvent. What a loop that is left has not taken stays for the next.
        /// </summary>
        /// <param name="cancellationToken">ends the loop with an OperationCanceledException</param>
        public IAsyncEnumerator<Event> GetAsyncEnumerator(
            CancellationToken cancellationToken = default(CancellationToken))
        {
            return new EventEnumerator(this, false, cancellationToken);
        }
    }

    /// <content>Events in an <c>await foreach</c> loop.</content>
    public sealed partial class Client
    {
        /// <summary>
        /// The events of this client for an <c>await foreach</c> loop, from its beginning to its end: each loop opens
        /// events of its own, which begin with the current status and document, and gives them back.
        /// </summary>
        /// <param name="capacity">how many wait at most</param>
        public IAsyncEnumerable<Event> Events(int capacity = 1000)
        {
            if (capacity < 0) throw new ArgumentOutOfRangeException("capacity");
            return new ClientEvents(this, capacity);
        }
    }

    internal sealed class ClientEvents : IAsyncEnumerable<Event>
    {
        private readonly Client client;
        private readonly int capacity;

        internal ClientEvents(Client client, int capacity)
        {
            this.client = client;
            this.capacity = capacity;
        }

        public IAsyncEnumerator<Event> GetAsyncEnumerator(
            CancellationToken cancellationToken = default(CancellationToken))
        {
            return new EventEnumerator(client.OpenEvents(capacity), true, cancellationToken);
        }
    }

    internal sealed class EventEnumerator : IAsyncEnumerator<Event>
    {
        private readonly Events events;
        private readonly bool isTheirOwner;
        private readonly CancellationToken token;
        private bool isOver;

        internal EventEnumerator(Events events, bool isTheirOwner, CancellationToken token)
        {
            this.events = events;
            this.isTheirOwner = isTheirOwner;
            this.token = token;
        }

        public Event Current { get; private set; }

        public ValueTaskOfBool MoveNextAsync()
        {
            return new ValueTaskOfBool(MoveNext());
        }

        public ValueTask DisposeAsync()
        {
            isOver = true;
            if (isTheirOwner) events.Dispose();
            return new ValueTask(Task.CompletedTask);
        }

        private async TaskOfBool MoveNext()
        {
            if (isOver) return false;
            // As it stays when there is no next one.
            isOver = true;
            Current = await events.NextAsync(token).ConfigureAwait(false);
            isOver = Current is ClosedEvent;
            return true;
        }
    }
}
