using System;
using System.Runtime.InteropServices;

namespace Kpclient
{
    /// <summary>
    /// An object of the library. Dispose gives it back; what is never disposed of, the collector gives back.
    /// Neither waits. Calls on an object that was disposed of fail with Status.BadHandle; disposing twice is fine.
    /// </summary>
    public abstract class KpcObject : IDisposable
    {
        private readonly NativeHandle native;

        internal KpcObject(IntPtr handle, Action<IntPtr> free, KpcObject owner = null)
        {
            native = new NativeHandle(handle, free);
            Handle = handle;
            Owner = owner ?? this;
        }

        /// <summary>What the library knows it by. Numbers are not used again, so an old one is an error.</summary>
        internal IntPtr Handle { get; }

        /// <summary>The client whose operations this object starts; it lives as long as this object.</summary>
        internal KpcObject Owner { get; }

        /// <summary>Gives the object back, and does not wait for anything.</summary>
        public void Dispose()
        {
            native.Dispose();
        }

        /// <summary>Its type and number, for logs.</summary>
        public override string ToString()
        {
            return GetType().Name + "(" + Handle + ")";
        }

        /// <summary>Frees what nobody refers to, also at the end of an application domain.</summary>
        private sealed class NativeHandle : SafeHandle
        {
            private readonly Action<IntPtr> free;

            internal NativeHandle(IntPtr handle, Action<IntPtr> free)
                : base(IntPtr.Zero, true)
            {
                this.free = free;
                SetHandle(handle);
            }

            public override bool IsInvalid
            {
                get { return handle == IntPtr.Zero; }
            }

            protected override bool ReleaseHandle()
            {
                Exit.Forget(handle);
                free(handle);
                return true;
            }
        }
    }
}
