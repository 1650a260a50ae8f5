using System;

namespace Kpclient
{
    /// <summary>
    /// A call failed: Status says how, the message what to do. A call whose token is cancelled ends with an
    /// OperationCanceledException instead.
    /// </summary>
    public sealed class KpcException : Exception
    {
        private KpcException(int status, IntPtr error, string message)
            : base(message)
        {
            Status = (Status)status;
            Category = (Category)Raw.kpc_status_category(status);
            Origin = (Origin)Raw.kpc_error_origin(error);
            DaemonCode = Raw.kpc_error_daemon_code(error);
            ReplicaCode = Raw.kpc_error_replica_code(error);
            FailedEnvelope = Raw.kpc_error_failed_envelope(error);
            Errno = Raw.kpc_error_errno(error);
        }

        /// <summary>What happened. A number without a name is of a later version.</summary>
        public Status Status { get; }

        /// <summary>What kind of failure that is.</summary>
        public Category Category { get; }

        /// <summary>Who reported it.</summary>
        public Origin Origin { get; }

        /// <summary>The code that the daemon sent, 0 if none did.</summary>
        public int DaemonCode { get; }

        /// <summary>The code that a storage replica sent, 0 if none did.</summary>
        public int ReplicaCode { get; }

        /// <summary>Which envelope of a copy command failed, 0 if that is not known.</summary>
        public ulong FailedEnvelope { get; }

        /// <summary>The operating system's error number, 0 if it had no part in it.</summary>
        public int Errno { get; }

        /// <summary>The exception for a status and its kpc_error, which may be 0 and is freed.</summary>
        internal static KpcException Of(int status, IntPtr error)
        {
            try
            {
                var text = error == IntPtr.Zero ? Raw.kpc_status_text(status) : Raw.kpc_error_message(error);
                var name = Scratch.StaticText(Raw.kpc_status_name(status));
                return new KpcException(status, error, name + ": " + Scratch.StaticText(text));
            }
            finally
            {
                Raw.kpc_error_free(error);
            }
        }

        /// <summary>What an event or object says that went wrong; null if nothing did.</summary>
        internal static KpcException Of(IntPtr error)
        {
            return error == IntPtr.Zero ? null : Of(Raw.kpc_error_status(error), error);
        }
    }
}
