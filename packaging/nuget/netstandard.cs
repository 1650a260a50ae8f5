// What the package uses of netstandard 2.1 and Mono's compiler takes from an assembly in which no other runtime
// has it: only names and signatures, for reference.sh. Nothing of it runs.
using System.Reflection;
using System.Threading;
using System.Threading.Tasks;

[assembly: AssemblyVersion("2.1.0.0")]

namespace System.Threading.Tasks
{
    public struct ValueTask
    {
        public ValueTask(Task task)
        {
        }

        public Task AsTask()
        {
            return null;
        }
    }

    public struct ValueTask<TResult>
    {
        public ValueTask(Task<TResult> task)
        {
        }

        public Task<TResult> AsTask()
        {
            return null;
        }
    }
}

namespace System
{
    public interface IAsyncDisposable
    {
        ValueTask DisposeAsync();
    }
}

namespace System.Collections.Generic
{
    public interface IAsyncEnumerator<out T> : IAsyncDisposable
    {
        T Current { get; }

        ValueTask<bool> MoveNextAsync();
    }

    public interface IAsyncEnumerable<out T>
    {
        IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default(CancellationToken));
    }
}
