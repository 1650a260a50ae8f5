'use strict';
// Objects of the library. The addon's object in each is what the collector frees; one that was
// freed by hand is refused by the library itself, with BAD_HANDLE.

const { inspect } = require('node:util');
const { release } = require('./native');

const PRIVATE = Symbol('made by the library');

class Handle {
  #handle;
  #client;

  // `client` is the object's client, which lives as long as the object does.
  constructor(key, handle, client) {
    if (key !== PRIVATE) throw new TypeError(`a ${new.target.name} is made by the library`);
    this.#handle = handle;
    this.#client = client ?? null;
  }

  free() {
    release(this.#handle);
  }

  [inspect.custom]() {
    return `${this.constructor.name} {}`;
  }

  static handle(object) {
    return object.#handle;
  }

  static client(object) {
    return object.#client;
  }
}
if (Symbol.dispose) Handle.prototype[Symbol.dispose] = Handle.prototype.free;

const isHandle = (object, type) => object instanceof Handle && object.constructor.TYPE === type;

// The handle of an argument.
function handleOf(object, type, name) {
  if (!isHandle(object, type)) throw new TypeError(`${name} is no ${type.slice(4)}`);
  return Handle.handle(object);
}

// The handle of the client that an object belongs to.
function clientOf(object) {
  return isHandle(object, 'kpc_client') ? Handle.handle(object) : Handle.handle(Handle.client(object));
}

// An object of an output; `owner` is the object that it came from.
function made(Class, handle, owner) {
  if (handle === null) return null;
  const client = isHandle(owner, 'kpc_client') ? owner : owner instanceof Handle ? Handle.client(owner) : null;
  return new Class(PRIVATE, handle, client);
}

module.exports = { PRIVATE, Handle, handleOf, clientOf, made };
