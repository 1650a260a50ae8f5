'use strict';
// The addon, and what its threads report.

const path = require('node:path');
const { KpcError, aborted, markAborted } = require('./errors');

const FOREVER = -1;
const LONGEST = 0x7fffffff;
// What the addon dispatches.
const LINE = 2;

const addon = load();
const numbers = new Map(addon.functions.map((name, number) => [name, number]));
// What is to be called when something comes, by the number that it has at the addon.
const handlers = new Map();
const aborters = new WeakMap();
let last = 0;

addon.open((kind, id, first, second) => {
  const handler = handlers.get(id);
  if (kind !== LINE) handlers.delete(id);
  handler?.(first, second);
});

function load() {
  const file = process.env.KPCLIENT_ADDON ?? path.join(__dirname, '../build/kpclient.node');
  try {
    return require(path.resolve(file));
  } catch (error) {
    error.message = `the addon of kpclient cannot be loaded; \`npm run build\` makes it: ${error.message}`;
    throw error;
  }
}

function number(name) {
  const found = numbers.get(name);
  if (found === undefined) throw new Error(`the addon has no ${name}: it was built of other sources`);
  return found;
}

function handle(handler) {
  last += 1;
  handlers.set(last, handler);
  return last;
}

// Throws what an outcome says, or returns its outputs.
function outputs(outcome) {
  const [error, ...values] = outcome;
  if (error) throw new KpcError(error);
  return values;
}

// Calls a function that never waits.
function run(name, inputs) {
  return outputs(addon.run(number(name), inputs));
}

function milliseconds(timeout) {
  if (timeout === undefined || timeout === null || timeout === Infinity) return FOREVER;
  if (typeof timeout !== 'number') throw new TypeError('options.timeout is a number of milliseconds');
  if (!(timeout >= 0)) throw new RangeError('options.timeout is not negative');
  return Math.min(Math.ceil(timeout), LONGEST);
}

function checkOptions(options) {
  if (options === undefined || options === null) return {};
  if (typeof options !== 'object') throw new TypeError('options is an object');
  const { signal } = options;
  if (signal !== undefined && signal !== null && !(signal instanceof AbortSignal)) {
    throw new TypeError('options.signal is an AbortSignal');
  }
  return options;
}

// Starts an operation of `client`. `kept` are the objects that it needs until it is over: what the
// collector took would be freed. The error is made here, so that its stack shows who has called.
async function start(name, client, inputs, options, kept) {
  const { signal, timeout } = checkOptions(options);
  const limit = milliseconds(timeout);
  if (signal?.aborted) throw aborted(signal);
  try {
    return outputs(await outcomeOf(name, client, inputs, limit, signal, kept));
  } catch (error) {
    throw signal?.aborted && error.code === 'CANCELLED' ? markAborted(error, signal) : error;
  }
}

function outcomeOf(name, client, inputs, limit, signal, kept) {
  return new Promise((resolve, reject) => {
    let forget;
    const id = handle((outcome) => {
      forget?.();
      resolve(outcome);
      void kept;
    });
    try {
      const [operation] = outputs(addon.start(number(name), id, limit, inputs));
      if (signal) forget = onAbort(signal, () => addon.cancel(client, operation));
    } catch (error) {
      handlers.delete(id);
      reject(error);
    }
  });
}

// Calls back when the signal fires, unless what it returns is called before. A signal has one
// listener, whatever number of calls it is for: Node warns of more than ten.
function onAbort(signal, callback) {
  let callbacks = aborters.get(signal);
  if (!callbacks) {
    callbacks = new Set();
    aborters.set(signal, callbacks);
    signal.addEventListener('abort', () => aborters.get(signal).forEach((each) => each()), { once: true });
  }
  callbacks.add(callback);
  return () => callbacks.delete(callback);
}

// Calls back once the descriptor is readable, unless what it returns is called before.
function whenReadable(descriptor, callback) {
  const id = handle(callback);
  addon.watch(descriptor, id);
  return () => {
    handlers.delete(id);
    addon.unwatch(id);
  };
}

// Lines of a configuration's log; the addon forgets the function with the last client.
function setLog(config, level, write) {
  outputs(addon.setLog(config, level, handle(write)));
}

const { release } = addon;

module.exports = { run, start, whenReadable, setLog, release, checkOptions, onAbort };
