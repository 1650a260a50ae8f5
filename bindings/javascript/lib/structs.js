'use strict';
// Values of fixed size: capabilities, indices, hashes, and structs with fields.

const os = require('node:os');
const { inspect } = require('node:util');

const PRIVATE = Symbol('bytes that are checked');
const LITTLE = os.endianness() === 'LE';
// Wipes secrets that nobody holds any more.
const forgotten = new FinalizationRegistry((bytes) => bytes.fill(0));

class Struct {
  #bytes;

  constructor(key, bytes) {
    if (key !== PRIVATE) throw new TypeError(`a ${new.target.name} is made of bytes by fromBytes, or by the library`);
    this.#bytes = bytes;
    if (new.target.SECRET) forgotten.register(this, bytes);
  }

  // A copy of the bytes, as they are stored and sent.
  toBytes() {
    return Buffer.from(this.#bytes);
  }

  equals(other) {
    return other instanceof Struct && other.constructor === this.constructor
      && Buffer.compare(this.#bytes, other.#bytes) === 0;
  }

  toString() {
    return this.constructor.SECRET ? `[${this.constructor.name}]` : Buffer.from(this.#bytes).toString('hex');
  }

  [inspect.custom]() {
    return this.constructor.SECRET ? `${this.constructor.name} {}` : `${this.constructor.name} { ${this} }`;
  }

  static bytes(object) {
    return object.#bytes;
  }
}

// A struct whose bytes are secret. They are overwritten by wipe, and by the collector.
class Secret extends Struct {
  wipe() {
    Struct.bytes(this).fill(0);
  }
}
if (Symbol.dispose) Secret.prototype[Symbol.dispose] = Secret.prototype.wipe;

// A struct with fields, described by LAYOUT: [name, offset, kind, class or length, offset of a length].
class Record extends Struct {
  static from(fields) {
    if (typeof fields !== 'object' || fields === null) throw new TypeError('fields is an object');
    const bytes = new Uint8Array(this.SIZE);
    for (const field of this.LAYOUT) write(bytes, field, fields[field[0]]);
    return new this(PRIVATE, bytes);
  }

  toJSON() {
    return Object.fromEntries(this.constructor.LAYOUT.map(([name]) => [name, this[name]]));
  }

  [inspect.custom](depth, options) {
    return `${this.constructor.name} ${inspect(this.toJSON(), options)}`;
  }
}

// Gives a class the properties that its LAYOUT names.
function describe(Class) {
  for (const field of Class.LAYOUT) {
    Object.defineProperty(Class.prototype, field[0], {
      get() { return read(Struct.bytes(this), field); },
      configurable: true,
    });
  }
}

const view = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function read(bytes, [, offset, kind, detail, lengthAt]) {
  switch (kind) {
    case 'size': return Number(view(bytes).getBigUint64(offset, LITTLE));
    case 'u64': return view(bytes).getBigUint64(offset, LITTLE);
    case 'text': return Buffer.from(bytes.subarray(offset, offset + detail)).toString().replace(/\0.*$/s, '');
    case 'bytes': {
      const length = Number(view(bytes).getBigUint64(lengthAt, LITTLE));
      return Buffer.from(bytes.subarray(offset, offset + Math.min(length, detail)));
    }
    case 'array':
      return Array.from({ length: lengthAt }, (_, at) => structAt(bytes, detail, offset + at * detail.SIZE));
    default: return structAt(bytes, detail, offset);
  }
}

const structAt = (bytes, Class, offset) => structOf(Class, bytes.slice(offset, offset + Class.SIZE));

function write(bytes, [name, offset, kind, detail, lengthAt], value) {
  switch (kind) {
    case 'size':
    case 'u64': {
      const isNumber = typeof value === 'bigint' || Number.isSafeInteger(value);
      if (!isNumber || value < 0) throw new TypeError(`${name} is a number that is not negative`);
      view(bytes).setBigUint64(offset, BigInt(value), LITTLE);
      break;
    }
    case 'text':
    case 'bytes': {
      const isText = kind === 'text';
      if (isText ? typeof value !== 'string' : !(value instanceof Uint8Array)) {
        throw new TypeError(`${name} is a ${isText ? 'string' : 'Uint8Array'}`);
      }
      const given = isText ? Buffer.from(value) : value;
      if (given.length > detail - (isText ? 1 : 0)) throw new RangeError(`${name} is too long`);
      bytes.set(given, offset);
      if (!isText) view(bytes).setBigUint64(lengthAt, BigInt(given.length), LITTLE);
      break;
    }
    default:
      bytes.set(bytesOf(value, detail, name), offset);
  }
}

// The bytes of an argument.
function bytesOf(object, Class, name) {
  if (!(object instanceof Class)) throw new TypeError(`${name} is no ${Class.name}`);
  return Struct.bytes(object);
}

const structOf = (Class, bytes) => new Class(PRIVATE, bytes);

// For outputs that are all zero if there is none.
const structOrNull = (Class, bytes) => (bytes.some((byte) => byte !== 0) ? structOf(Class, bytes) : null);

module.exports = { structOrNull, Struct, Secret, Record, describe, bytesOf, structOf };
