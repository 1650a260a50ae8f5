using System;
using System.Threading;

namespace Kpclient
{
    /// <summary>Bytes of a fixed size; their types cannot be mixed up. Equal if the bytes are.</summary>
    public abstract class FixedBytes
    {
        internal FixedBytes(byte[] bytes)
        {
            Content = bytes;
        }

        internal byte[] Content { get; }

        /// <summary>A copy of the bytes, to be stored; FromBytes reads it again.</summary>
        public byte[] ToArray()
        {
            return (byte[])Open().Clone();
        }

        /// <summary>Compares all of the bytes, however early they differ.</summary>
        public override bool Equals(object obj)
        {
            var other = obj as FixedBytes;
            if (other == null || other.GetType() != GetType()) return false;
            var difference = 0;
            for (var i = 0; i < Content.Length; i++) difference |= Content[i] ^ other.Content[i];
            return difference == 0;
        }

        /// <summary>Of the bytes.</summary>
        public override int GetHashCode()
        {
            var hash = 17;
            foreach (var one in Content) hash = unchecked(hash * 31 + one);
            return hash;
        }

        /// <summary>The bytes in hexadecimal digits.</summary>
        public override string ToString()
        {
            return BitConverter.ToString(Content).Replace("-", "").ToLowerInvariant();
        }

        internal virtual byte[] Open()
        {
            return Content;
        }
    }

    /// <summary>Bytes that only some may know: no text shows them, and Dispose wipes them.</summary>
    public abstract class SecretBytes : FixedBytes, IDisposable
    {
        private int isWiped;

        internal SecretBytes(byte[] bytes)
            : base(bytes)
        {
        }

        /// <summary>Wipes the bytes, which cannot be used any more. Copies that were made of them stay.</summary>
        public void Dispose()
        {
            Volatile.Write(ref isWiped, 1);
            Array.Clear(Content, 0, Content.Length);
        }

        /// <summary>Its type only.</summary>
        public override string ToString()
        {
            return GetType().Name + "(secret)";
        }

        internal override byte[] Open()
        {
            if (Volatile.Read(ref isWiped) != 0) throw new ObjectDisposedException(GetType().Name);
            return Content;
        }
    }

    /// <summary>What travels as a struct of C.</summary>
    public abstract class Struct
    {
        internal Struct(int size)
        {
            Size = size;
        }

        internal int Size { get; }

        internal abstract void Write(IntPtr at, Scratch memory);
    }
}
