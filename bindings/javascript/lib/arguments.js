'use strict';
// Arguments, checked and in the form that the addon takes. A wrong type is a TypeError, a number
// that does not fit a RangeError; nothing has been started then.

const { bytesOf } = require('./structs');

const isNothing = (value) => value === undefined || value === null;

// For arguments that may be left out.
const optional = (value, convert) => (isNothing(value) ? null : convert(value));

function bytes(value, name) {
  if (!(value instanceof Uint8Array)) throw new TypeError(`${name} is a Uint8Array`);
  // Memory that another thread may change is copied first.
  return value.buffer instanceof ArrayBuffer ? value : Uint8Array.from(value);
}

function text(value, name) {
  if (typeof value !== 'string') throw new TypeError(`${name} is a string`);
  return Buffer.from(value);
}

// A text that C finds the end of by its NUL.
function terminated(value, name) {
  const encoded = text(`${value}`, name);
  if (typeof value !== 'string') throw new TypeError(`${name} is a string`);
  if (encoded.includes(0)) throw new TypeError(`${name} has a NUL in it`);
  return Buffer.concat([encoded, Buffer.alloc(1)]);
}

function boolean(value, name) {
  if (typeof value !== 'boolean') throw new TypeError(`${name} is a boolean`);
  return value;
}

function integer(value, name, least, most) {
  const isInteger = typeof value === 'bigint' || Number.isInteger(value);
  if (!isInteger) throw new TypeError(`${name} is an integer`);
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new RangeError(`${name}: use a BigInt`);
  if (value < least || value > most) throw new RangeError(`${name} is at least ${least} and at most ${most}`);
  return value;
}

const uint8 = (value, name) => integer(value, name, 0, 255);
const uint32 = (value, name) => integer(value, name, 0, 0xffffffff);
const int32 = (value, name) => integer(value, name, -0x80000000, 0x7fffffff);
const uint64 = (value, name) => integer(value, name, 0, 0xffffffffffffffffn);

// The number of a constant's name; numbers that no name is known of are taken as they are.
function constant(value, names, name) {
  if (typeof value === 'string' && Object.hasOwn(names, value)) return names[value];
  if (typeof value === 'number') return int32(value, name);
  throw new TypeError(`${name} is one of ${Object.keys(names).join(', ')}`);
}

// The name of a number, or the number if a later version has added it.
const named = (number, names) => Object.keys(names).find((name) => names[name] === number) ?? number;

// Flags are booleans among the options.
function flags(options, names) {
  let all = 0;
  for (const [name, bit] of Object.entries(names)) {
    if (!isNothing(options?.[name]) && boolean(options[name], `options.${name}`)) all |= bit;
  }
  return all;
}

function list(value, name) {
  if (!Array.isArray(value)) throw new TypeError(`${name} is an array`);
  return value;
}

// Structs one behind the other.
function structs(value, Class, name) {
  const all = list(value, name);
  const packed = new Uint8Array(all.length * Class.SIZE);
  all.forEach((each, at) => packed.set(bytesOf(each, Class, `${name}[${at}]`), at * Class.SIZE));
  return packed;
}

// Payloads with the places where copy commands are to write them.
function destinations(value, WriteCap, BoxIndex, name) {
  return list(value, name).map((each, at) => {
    if (typeof each !== 'object' || each === null) throw new TypeError(`${name}[${at}] is an object`);
    return [
      bytesOf(each.writeCap, WriteCap, `${name}[${at}].writeCap`),
      bytesOf(each.startIndex, BoxIndex, `${name}[${at}].startIndex`),
      bytes(each.payload, `${name}[${at}].payload`),
    ];
  });
}

module.exports = {
  optional, bytes, text, terminated, boolean, uint8, uint32, int32, uint64, constant, named, flags, structs, destinations,
};
