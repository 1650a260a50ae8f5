'use strict';
// Values and arguments: nothing here needs a daemon.

const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { inspect } = require('node:util');
const kp = require('..');

// A configuration of a daemon that nobody needs.
function someConfig() {
  const config = new kp.Config();
  config.setUnix('/nowhere');
  return config;
}

const code = (name) => (error) => error instanceof kp.KpcError && error.code === name;

test('capabilities go through bytes and text', () => {
  const { writeCap, readCap, first } = kp.newKeypair();
  assert.ok(kp.WriteCap.fromBytes(writeCap.toBytes()).equals(writeCap));
  assert.ok(writeCap.readCap.equals(readCap));
  assert.ok(!first.equals(kp.nextMessageBoxIndex(first)));
  const read = kp.sharedTextParse(readCap.toText(first));
  assert.equal(read.kind, 'READ');
  assert.equal(read.writeCap, null);
  assert.ok(read.readCap.equals(readCap) && read.index.equals(first));
  assert.ok(kp.sharedTextParse(writeCap.toText()).writeCap.equals(writeCap));
  assert.equal(typeof kp.getMessageBoxIndexCounter(first), 'bigint');
});

test('the same seed gives the same keys', () => {
  const seed = Buffer.alloc(32, 7);
  assert.ok(kp.newKeypair(seed).writeCap.equals(kp.newKeypair(seed).writeCap));
  assert.throws(() => kp.newKeypair(Buffer.alloc(31)), code('ARG_SIZE'));
});

test('secrets are shown nowhere', () => {
  const { writeCap } = kp.newKeypair();
  const hex = writeCap.toBytes().toString('hex', 0, 8);
  for (const text of [inspect(writeCap), `${writeCap}`, JSON.stringify({ writeCap })]) {
    assert.ok(!text.includes(hex), text);
    assert.ok(!text.includes('"0":'), text);
  }
});

test('secrets are wiped by hand', () => {
  const { writeCap } = kp.newKeypair();
  writeCap.wipe();
  assert.ok(writeCap.toBytes().every((byte) => byte === 0));
});

test('secrets are wiped by the collector', async () => {
  const bytes = (() => kp.Struct.bytes(kp.newKeypair().writeCap))();
  assert.ok(bytes.some((byte) => byte !== 0));
  while (bytes.some((byte) => byte !== 0)) {
    globalThis.gc();
    await new Promise(setImmediate);
  }
});

test('structs with fields', () => {
  const node = kp.blake2b256(Buffer.from('a node'));
  const service = kp.Service.from({ node, queue: Buffer.from('+echo') });
  assert.ok(service.node.equals(node));
  assert.equal(service.queue.toString(), '+echo');
  assert.throws(() => kp.Service.from({ node, queue: Buffer.alloc(33) }), RangeError);
  assert.throws(() => kp.Service.from({ node: service, queue: Buffer.alloc(1) }), TypeError);
});

test('errors have a name, a number and a sentence', () => {
  assert.throws(() => kp.Config.loadText('[Dial'), (error) => {
    assert.ok(error instanceof kp.KpcError && error instanceof Error);
    assert.equal(error.code, 'CONFIG_PARSE');
    assert.equal(error.status, kp.Status.CONFIG_PARSE);
    assert.equal(error.name, 'KpcError');
    assert.match(error.message, /line 1/);
    return true;
  });
});

test('wrong types are TypeErrors', () => {
  const { writeCap, readCap, first } = kp.newKeypair();
  const config = someConfig();
  const client = new kp.Client(config);
  for (const wrong of [undefined, null, 5, 'text', {}, [], Symbol('x'), () => {}]) {
    assert.throws(() => kp.WriteCap.fromBytes(wrong), TypeError);
    assert.throws(() => readCap.toText.call(wrong), TypeError);
    assert.throws(() => new kp.Client(wrong), TypeError);
    assert.throws(() => client.getService.call(wrong, 'echo'), TypeError);
    if (typeof wrong !== 'string') assert.throws(() => config.setUnix(wrong), TypeError);
    if (wrong !== undefined && wrong !== null) assert.throws(() => readCap.toText(wrong), TypeError);
  }
  assert.throws(() => client.getService.call(config, 'echo'), TypeError);
  assert.throws(() => readCap.toText(writeCap), TypeError);
  assert.throws(() => config.setUnix('a\0b'), TypeError);
  assert.throws(() => config.setConnectAll(1), TypeError);
  assert.throws(() => config.setReconnect(1.5, 2), TypeError);
  assert.throws(() => config.setReconnect(-1, 2), RangeError);
  assert.throws(() => config.setReconnect(2 ** 32, 2), RangeError);
  assert.throws(() => config.setLog('LOUD', () => {}), TypeError);
  assert.throws(() => config.setLog('INFO'), TypeError);
  assert.throws(() => new kp.Store(), TypeError);
  assert.throws(() => new kp.WriteCap(Buffer.alloc(168)), TypeError);
  assert.throws(() => client.events({ capacity: 0 }), RangeError);
  client.free();
  config.free();
  first.wipe();
});

test('a call that waits rejects', async () => {
  const { readCap, writeCap, first } = kp.newKeypair();
  const config = someConfig();
  const client = new kp.Client(config);
  await assert.rejects(client.readBox(writeCap, first), TypeError);
  await assert.rejects(client.readBox(readCap, first, 5), TypeError);
  await assert.rejects(client.readBox(readCap, first, { timeout: '5' }), TypeError);
  await assert.rejects(client.readBox(readCap, first, { timeout: NaN }), RangeError);
  await assert.rejects(client.readBox(readCap, first, { signal: {} }), TypeError);
  await assert.rejects(client.readBox(readCap, first, { noRetry: 'yes' }), TypeError);
  await assert.rejects(client.readBox(readCap, first), code('NOT_CONNECTED'));
  await assert.rejects(client.readBox(readCap, first, { signal: AbortSignal.abort('enough') }), (error) => {
    assert.equal(error.name, 'AbortError');
    assert.equal(error.code, 'CANCELLED');
    assert.equal(error.cause, 'enough');
    return true;
  });
  client.free();
  config.free();
});

test('every function of the library is used, or replaced by something', () => {
  const { functions } = JSON.parse(fs.readFileSync(path.join(__dirname, '../../../abi/api.json'), 'utf8'));
  const folders = ['generated', 'lib', 'src'].map((folder) => path.join(__dirname, '..', folder));
  const files = folders.flatMap((folder) => fs.readdirSync(folder).map((file) => path.join(folder, file)));
  const sources = files.filter((file) => /\.(js|c)$/.test(file)).map((file) => fs.readFileSync(file, 'utf8'));
  const words = new Set(sources.join().match(/kpc_\w+/g));
  // The functions of a kpc_backing are for languages whose functions the library may call.
  const replaced = [
    'kpc_backing_check', 'kpc_buffer_new', 'kpc_buffer_ref', 'kpc_event_result', 'kpc_event_sink_on_event', 'kpc_op_wait',
    'kpc_records_add', 'kpc_result_error', 'kpc_result_op', 'kpc_result_status', 'kpc_result_user_data',
    'kpc_start_resending_encrypted_message_no_retry', 'kpc_start_resending_encrypted_message_return_box_exists', 'kpc_store_open_on',
  ];
  const names = functions.filter(({ form }) => form === 'single' || form === 'waiting').map(({ name }) => name);
  const unused = names.filter((name) => !words.has(name) && !/_(free|size)$/.test(name));
  assert.deepEqual(unused.sort(), replaced);
});

test('the package is imported as a module, too', async () => {
  const module = await import('kpclient');
  assert.deepEqual(Object.keys(module).filter((name) => name !== 'default').sort(), Object.keys(kp).sort());
  assert.equal(module.Client, kp.Client);
});

test('nothing that the addon is told crashes it', () => {
  const program = `
    const addon = require(process.argv[1]);
    addon.open(() => {});
    const hostile = [undefined, null, -1, 1e9, NaN, {}, [], 'x', 0n, 2n ** 64n, Buffer.alloc(3), [[], []]];
    let refused = 0;
    for (const name of ['run', 'start', 'cancel', 'release', 'watch', 'unwatch', 'setLog']) {
      for (const first of [...hostile, ...addon.functions.keys()]) {
        for (const second of hostile) {
          try {
            addon[name](first, second, 0, second);
          } catch (error) {
            if (!(error instanceof TypeError)) throw error;
            refused += 1;
          }
        }
      }
    }
    console.log(refused);
    process.exit(0);`;
  const addon = path.resolve(process.env.KPCLIENT_ADDON ?? path.join(__dirname, '../build/kpclient.node'));
  assert.ok(Number(execFileSync(process.execPath, ['-e', program, addon])) > 1000);
});
