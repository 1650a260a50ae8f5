'use strict';
// A client's events, as an asynchronous iterator. They wait in the library, in a queue of their
// own, so a slow reader loses none of what others see and memory is bounded.

const { run, whenReadable, release, checkOptions, onAbort } = require('./native');
const { Handle, PRIVATE, handleOf } = require('./objects');
const { aborted } = require('./errors');

const over = () => ({ value: undefined, done: true });

class Events extends Handle {
  static TYPE = 'kpc_event_sink';

  #read;
  #signal;
  #queue = Promise.resolve();
  #stop = null; // ends the wait for an event
  #isOver = false;
  #forget = null; // ends the wait for the signal

  // `read` makes an event of its handle.
  constructor(key, handle, client, read, signal) {
    super(key, handle, client);
    this.#read = read;
    this.#signal = signal;
    if (!signal) return;
    // The signal must not keep alive what nobody reads any more.
    const weak = new WeakRef(this);
    this.#forget = onAbort(signal, () => weak.deref()?.free());
  }

  static open(client, read, options) {
    const { capacity = 1000, signal } = checkOptions(options);
    if (!Number.isSafeInteger(capacity) || capacity < 1) throw new RangeError('options.capacity is a number above 0');
    if (signal?.aborted) throw aborted(signal);
    const [sink] = run('kpc_event_sink_open', [handleOf(client, 'kpc_client', 'this'), capacity]);
    return new Events(PRIVATE, sink, client, read, signal);
  }

  // The next event. Calls at a time are answered one after the other.
  next() {
    const event = this.#queue.then(() => this.#next());
    this.#queue = event.catch(() => {});
    return event;
  }

  async #next() {
    for (;;) {
      if (this.#signal?.aborted) throw aborted(this.#signal);
      if (this.#isOver) return over();
      const event = this.#take();
      if (event) return event;
      await this.#arrival();
    }
  }

  // What is there, if anything is.
  #take() {
    let event;
    try {
      [event] = run('kpc_event_sink_next', [Handle.handle(this)]);
    } catch (error) {
      if (error.code === 'TIMEOUT') return null;
      if (error.code !== 'CLOSED') throw error;
      this.#isOver = true;
      return over();
    }
    try {
      return { value: this.#read(event), done: false };
    } finally {
      release(event);
    }
  }

  #arrival() {
    const [descriptor] = run('kpc_event_sink_fd', [Handle.handle(this)]);
    return new Promise((resolve) => {
      const cancel = whenReadable(descriptor, resolve);
      this.#stop = () => {
        cancel();
        resolve();
      };
    }).finally(() => {
      this.#stop = null;
    });
  }

  // Ends the iteration, also for those who wait in it.
  free() {
    this.#isOver = true;
    this.#stop?.();
    this.#forget?.();
    super.free();
  }

  async return(value) {
    this.free();
    return { value, done: true };
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}
if (Symbol.asyncDispose) Events.prototype[Symbol.asyncDispose] = Events.prototype.return;

// An event as a plain object, with what its kind carries. What this one lacks is null.
function eventOf(event, kinds, properties) {
  const [number] = run('kpc_event_kind', [event]);
  const [kind, names] = kinds[number] ?? [number, []];
  const read = { kind, description: run('kpc_event_describe', [event])[0] };
  for (const name of names) {
    try {
      read[name] = properties[name](event);
    } catch (error) {
      if (error.code !== 'ARG_VALUE') throw error;
      read[name] = null;
    }
  }
  return read;
}

module.exports = { Events, eventOf };
