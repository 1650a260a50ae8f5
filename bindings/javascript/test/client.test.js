'use strict';
// Clients of a simulator: cancellation, events, the collector, the end of a program.

const test = require('node:test');
const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const { promisify } = require('node:util');
const { Worker } = require('node:worker_threads');
const { once } = require('node:events');
const kp = require('..');
const { Sim, nothingLeft } = require('./sim');

const code = (name) => (error) => error instanceof kp.KpcError && error.code === name;

// Runs a test with a simulator of its own; nothing may be left of the library's objects.
function withSim(name, body) {
  test(name, async () => {
    const sim = await Sim.start();
    try {
      await body(sim);
      await nothingLeft();
    } finally {
      await sim.stop();
    }
  });
}

// Runs a program; it must end by itself.
async function runs(program, ...words) {
  const source = `const kp = require(${JSON.stringify(require.resolve('..'))});
    const socket = process.argv[1];
    async function connected() {
      const config = new kp.Config();
      config.setUnix(socket);
      return kp.Client.open(config);
    }
    ${program}`;
  return promisify(execFile)(process.execPath, ['-e', source, ...words], { timeout: 60_000 });
}

withSim('a thousand aborted signals', async (sim) => {
  const client = await sim.connected();
  const { readCap, first } = kp.newKeypair();
  const each = Array.from({ length: 1000 }, () => {
    const abort = new AbortController();
    return { abort, reading: client.readBox(readCap, first, { signal: abort.signal }) };
  });
  each.forEach(({ abort }, number) => abort.abort(number));
  const outcomes = await Promise.allSettled(each.map(({ reading }) => reading));
  outcomes.forEach(({ reason }, number) => {
    assert.equal(reason.name, 'AbortError');
    assert.equal(reason.code, 'CANCELLED');
    assert.equal(reason.cause, number);
  });
  await sim.until((stats) => stats.arq_entries === 0);
  await client.close();
});

withSim('one signal for many calls, without a warning', async (sim) => {
  const warnings = [];
  const listener = (warning) => warnings.push(warning);
  process.on('warning', listener);
  const client = await sim.connected();
  const { readCap, first } = kp.newKeypair();
  const abort = new AbortController();
  const reading = Array.from({ length: 20 }, () => client.readBox(readCap, first, { signal: abort.signal }));
  abort.abort();
  for (const each of reading) await assert.rejects(each, code('CANCELLED'));
  process.off('warning', listener);
  assert.deepEqual(warnings, []);
  await client.close();
});

withSim('errors show who has called', async (sim) => {
  const client = await sim.connected();
  const { readCap, first } = kp.newKeypair();
  async function theCaller() {
    await client.readBox(readCap, first, { noRetry: true });
  }
  await assert.rejects(theCaller(), (error) => {
    assert.match(error.stack, /theCaller/);
    return code('BOX_ID_NOT_FOUND')(error);
  });
  await client.close();
});

withSim('for await ends with the client', async (sim) => {
  const client = await sim.connected();
  const kinds = [];
  const events = client.events();
  const reading = (async () => {
    for await (const event of events) kinds.push(event.kind);
  })();
  await client.sendMessageAwaitReply(client.getService('echo'), Buffer.from('hello'));
  await client.close();
  await reading;
  assert.equal(kinds[0], 'CONNECTION_STATUS');
  assert.equal(kinds[1], 'PKI_DOCUMENT');
  assert.equal(kinds.at(-1), 'CLOSED');
});

withSim('an exception in a consumer ends its loop and nothing else', async (sim) => {
  const client = await sim.connected();
  const events = client.events();
  await assert.rejects(async () => {
    for await (const event of events) throw new Error(`no more ${event.kind}`);
  }, /no more CONNECTION_STATUS/);
  assert.deepEqual(await events.next(), { value: undefined, done: true });
  await client.sendMessageAwaitReply(client.getService('echo'), Buffer.from('still here'));
  await client.close();
});

withSim('events are ended by a signal, and by free', async (sim) => {
  const client = await sim.connected();
  const abort = new AbortController();
  const aborted = client.events({ signal: abort.signal });
  const freed = client.events();
  for (const events of [aborted, freed]) {
    while ((await events.next()).value.kind !== 'PKI_DOCUMENT');
  }
  const waiting = [aborted.next(), freed.next(), freed.next()];
  setImmediate(() => {
    abort.abort();
    freed.free();
  });
  await assert.rejects(waiting[0], { name: 'AbortError' });
  assert.deepEqual(await Promise.all(waiting.slice(1)), [1, 2].map(() => ({ value: undefined, done: true })));
  await client.close();
});

withSim('lines of the log', async (sim) => {
  const lines = [];
  const config = sim.config();
  config.setLog('TRACE', (level, line) => lines.push([level, line]));
  const client = await kp.Client.open(config);
  await client.close();
  assert.ok(lines.some(([level, line]) => level === 'INFO' && line.includes('connected')), lines);
  assert.ok(lines.some(([level]) => level === 'TRACE'));
});

withSim('what nobody holds is collected', async (sim) => {
  const client = await sim.connected();
  for (let at = 0; at < 1000; at += 1) {
    client.events();
    client.newCopyBuilder();
    client.getServices('echo');
  }
  assert.ok(kp.debugLiveObjects() > 1000);
  await client.sendMessageAwaitReply(client.getService('echo'), Buffer.from('still here'));
});

withSim('an object lives while something of it is under way', async (sim) => {
  const { readCap, writeCap, first } = kp.newKeypair();
  await sim.say('hold');
  const reading = (await sim.connected()).readBox(readCap, first);
  for (let round = 0; round < 10; round += 1) {
    globalThis.gc();
    await new Promise(setImmediate);
  }
  await sim.say('release');
  const writer = await sim.connected();
  await writer.writeBox(writeCap, first, Buffer.from('there'));
  assert.equal((await reading).plaintext.toString(), 'there');
});

withSim('a store outlives the variable of its client', async (sim) => {
  const store = await (await sim.connected()).openStore();
  globalThis.gc();
  await new Promise(setImmediate);
  const writer = await store.createWriter('pear');
  assert.equal(await writer.send(Buffer.from('one')), 1n);
  await writer.waitStored(1);
  assert.equal(writer.lastMessage, 1n);
});

withSim('a program ends although its client is connected', async (sim) => {
  const { stdout } = await runs(`
    connected().then(async (client) => {
      client.events();
      console.log(client.isConnected);
    });`, sim.socket);
  assert.equal(stdout, 'true\n');
  await runs('', sim.socket);
});

withSim('a program waits for what it awaits', async (sim) => {
  const { stdout } = await runs(`
    connected().then(async (client) => {
      const events = client.events();
      for await (const { kind } of events) if (kind === 'PKI_DOCUMENT') break;
      const service = client.getService('echo');
      const reply = await client.sendMessageAwaitReply(service, Buffer.from('hello'));
      console.log(reply.toString('utf8', 0, 5));
    });`, sim.socket);
  assert.equal(stdout, 'hello\n');
});

withSim('exit with everything under way', async (sim) => {
  const { stdout } = await runs(`
    connected().then(async (client) => {
      const { readCap, first } = kp.newKeypair();
      for (let at = 0; at < 50; at += 1) client.readBox(readCap, first).catch(() => {});
      (async () => { for await (const event of client.events()) void event; })();
      setImmediate(() => { console.log('bye'); process.exit(0); });
    });`, sim.socket);
  assert.equal(stdout, 'bye\n');
});

withSim('an exception in a log function is an uncaught one', async (sim) => {
  const failed = runs(`
    const config = new kp.Config();
    config.setUnix(socket);
    config.setLog('INFO', () => { throw new Error('cannot write'); });
    kp.Client.open(config);`, sim.socket);
  await assert.rejects(failed, (error) => error.code !== 0 && /cannot write/.test(error.stderr));
});

withSim('workers have clients of their own, and may be ended in the middle', async (sim) => {
  const source = `
    const { parentPort, workerData } = require('node:worker_threads');
    const kp = require(workerData.module);
    (async () => {
      const config = new kp.Config();
      config.setUnix(workerData.socket);
      config.setLog('TRACE', () => {});
      const client = await kp.Client.open(config);
      const { readCap, first } = kp.newKeypair();
      for (let at = 0; at < 50; at += 1) client.readBox(readCap, first).catch(() => {});
      (async () => { for await (const event of client.events()) void event; })();
      parentPort.postMessage('busy');
    })();`;
  const workerData = { module: require.resolve('..'), socket: sim.socket };
  const workers = Array.from({ length: 3 }, () => new Worker(source, { eval: true, workerData }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  await Promise.all(workers.map((worker) => worker.terminate()));
  const client = await sim.connected();
  await client.sendMessageAwaitReply(client.getService('echo'), Buffer.from('still here'));
});
