using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;

namespace Kpclient
{
    /// <summary>What one call passes to the library and takes from it: wiped and freed when the call is over.</summary>
    internal sealed class Scratch : IDisposable
    {
        private static readonly Encoding Utf8 = new UTF8Encoding(false, true);

        private readonly List<KeyValuePair<IntPtr, int>> blocks = new List<KeyValuePair<IntPtr, int>>();
        private readonly List<KpcObject> held = new List<KpcObject>();

        internal Scratch()
        {
            // Offsets in structs, and handles of 63 bits.
            if (IntPtr.Size != 8) throw new PlatformNotSupportedException("kpclient needs a machine of 64 bits");
            Error = Room(8);
        }

        /// <summary>Where the call puts the details of its failure.</summary>
        internal IntPtr Error { get; }

        /// <summary>The number of an object, which the collector leaves alone until the call is over.</summary>
        internal IntPtr Of(KpcObject of)
        {
            if (of == null) return IntPtr.Zero;
            held.Add(of);
            return of.Handle;
        }

        /// <summary>Zeroed memory, for an output.</summary>
        internal IntPtr Room(int size)
        {
            var length = Math.Max(size, 1);
            var at = Marshal.AllocHGlobal(length);
            Clear(at, length);
            blocks.Add(new KeyValuePair<IntPtr, int>(at, length));
            return at;
        }

        /// <summary>An argument that must be there.</summary>
        internal static T Given<T>(T value, string name)
            where T : class
        {
            if (value == null) throw new ArgumentNullException(name);
            return value;
        }

        internal IntPtr Bytes(byte[] bytes)
        {
            if (bytes == null) return IntPtr.Zero;
            var at = Room(bytes.Length);
            Marshal.Copy(bytes, 0, at, bytes.Length);
            return at;
        }

        internal IntPtr Bytes(FixedBytes value)
        {
            return value == null ? IntPtr.Zero : Bytes(value.Open());
        }

        /// <summary>A text with its length.</summary>
        internal IntPtr Content(string text)
        {
            if (text == null) return IntPtr.Zero;
            var bytes = Utf8.GetBytes(text);
            var at = Bytes(bytes);
            Array.Clear(bytes, 0, bytes.Length);
            return at;
        }

        /// <summary>A text with a NUL behind it.</summary>
        internal IntPtr Text(string text)
        {
            if (text == null) return IntPtr.Zero;
            if (text.IndexOf('\0') >= 0) throw new ArgumentException("a name or path holds a NUL");
            return Content(text + '\0');
        }

        internal IntPtr Struct(Struct value)
        {
            if (value == null) return IntPtr.Zero;
            var at = Room(value.Size);
            value.Write(at, this);
            return at;
        }

        internal IntPtr Structs<T>(IReadOnlyList<T> values)
            where T : Struct
        {
            if (values == null || values.Count == 0) return Room(0);
            var size = Given(values[0], "an element").Size;
            var at = Room(checked(size * values.Count));
            for (var i = 0; i < values.Count; i++) Given(values[i], "an element").Write(at + i * size, this);
            return at;
        }

        /// <summary>The content of the kpc_buffer that an output received, which is freed.</summary>
        internal byte[] Buffer(IntPtr output)
        {
            var buffer = Pointer(output);
            if (buffer == IntPtr.Zero) return new byte[0];
            try
            {
                return Copy(Raw.kpc_buffer_data(buffer), checked((int)Raw.kpc_buffer_len(buffer)));
            }
            finally
            {
                Raw.kpc_buffer_free(buffer);
            }
        }

        internal string BufferText(IntPtr output)
        {
            var bytes = Buffer(output);
            var text = Utf8.GetString(bytes);
            Array.Clear(bytes, 0, bytes.Length);
            return text;
        }

        /// <summary>Throws what a failed call said.</summary>
        internal void Check(int status)
        {
            if (status != 0) throw Failure(status);
        }

        /// <summary>Whether an event has what it was asked for.</summary>
        internal bool Has(int status)
        {
            if (status == 0) return true;
            var failure = Failure(status);
            if (failure.Status != Status.ArgValue) throw failure;
            return false;
        }

        /// <summary>Frees what a failed call said.</summary>
        internal void Forgive()
        {
            Raw.kpc_error_free(TakeError());
        }

        public void Dispose()
        {
            foreach (var block in blocks)
            {
                Clear(block.Key, block.Value);
                Marshal.FreeHGlobal(block.Key);
            }
            blocks.Clear();
            GC.KeepAlive(held);
        }

        internal static int Int(IntPtr at)
        {
            return Marshal.ReadInt32(at);
        }

        internal static long Long(IntPtr at)
        {
            return Marshal.ReadInt64(at);
        }

        internal static IntPtr Pointer(IntPtr at)
        {
            return Marshal.ReadIntPtr(at);
        }

        internal static byte[] Copy(IntPtr at, int size)
        {
            var bytes = new byte[size];
            if (size > 0) Marshal.Copy(at, bytes, 0, size);
            return bytes;
        }

        internal static ulong Length(byte[] bytes)
        {
            return bytes == null ? 0 : (ulong)bytes.Length;
        }

        internal static ulong Length(string text)
        {
            return text == null ? 0 : (ulong)Utf8.GetByteCount(text);
        }

        internal static ulong Length<T>(IReadOnlyList<T> list)
            where T : Struct
        {
            return list == null ? 0 : (ulong)list.Count;
        }

        internal static byte Bit(bool value)
        {
            return value ? (byte)1 : (byte)0;
        }

        /// <summary>A bool of C is the lowest bit of what comes back.</summary>
        internal static bool Bool(byte value)
        {
            return (value & 1) != 0;
        }

        internal static string StaticText(IntPtr at)
        {
            if (at == IntPtr.Zero) return "";
            var length = 0;
            while (Marshal.ReadByte(at, length) != 0) length++;
            return Utf8.GetString(Copy(at, length));
        }

        /// <summary>A text in a member of a struct, which ends with a NUL or the member.</summary>
        internal static string TextAt(IntPtr at, int offset, int size)
        {
            var bytes = Copy(at + offset, size);
            var end = Array.IndexOf(bytes, (byte)0);
            return Utf8.GetString(bytes, 0, end < 0 ? size : end);
        }

        internal static void WriteText(IntPtr at, int offset, int size, string text)
        {
            if (text == null) throw new ArgumentNullException(nameof(text));
            var bytes = Utf8.GetBytes(text);
            if (bytes.Length >= size) throw new ArgumentException("a name of more than " + (size - 1) + " bytes");
            Marshal.Copy(bytes, 0, at + offset, bytes.Length);
        }

        internal static void WriteBytes(IntPtr at, int offset, int size, byte[] bytes)
        {
            if (bytes == null) throw new ArgumentNullException(nameof(bytes));
            if (bytes.Length > size) throw new ArgumentException("more than " + size + " bytes");
            Marshal.Copy(bytes, 0, at + offset, bytes.Length);
        }

        internal static void WriteValue(IntPtr at, int offset, int size, FixedBytes value)
        {
            if (value == null) throw new ArgumentNullException(nameof(value));
            WriteBytes(at, offset, size, value.Open());
        }

        internal static T[] Items<T>(int count, Func<int, T> item)
        {
            var items = new T[count];
            for (var i = 0; i < count; i++) items[i] = item(i);
            return items;
        }

        private static void Clear(IntPtr at, int size)
        {
            for (var i = 0; i < size; i++) Marshal.WriteByte(at, i, 0);
        }

        private KpcException Failure(int status)
        {
            return KpcException.Of(status, TakeError());
        }

        private IntPtr TakeError()
        {
            var error = Pointer(Error);
            Marshal.WriteIntPtr(Error, IntPtr.Zero);
            return error;
        }
    }
}
