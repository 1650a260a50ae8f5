'use strict';
// Runs the scenarios of every language: node --expose-gc scenarios.js TABLE [NAME...]

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { setImmediate: turn } = require('node:timers/promises');
const kp = require('..');
const { Sim, nothingLeft } = require('./sim');

const LIMIT = 60_000;

// What JavaScript has not, of what a scenario may need, and why.
const MISSING = { fork: 'Node has no fork that goes on where it is' };

const text = (step, number = 0) =>
  Buffer.from(step.text.repeat(step.times ?? 1) + (step.numbered ? number : ''));

// What a file of this size has in it.
const content = (size) => Buffer.from(Array.from({ length: size }, (_, at) => (at * 7) % 251));

function same(found, wanted) {
  if (!Buffer.from(found).equals(Buffer.from(wanted))) throw new Error(`${found}, ${wanted} expected`);
}

// What each action does. `it` returns what an earlier step has kept under the name in a field.
const ACTIONS = {
  client({ sim, step, world }) {
    if (step.log === 'throws') return world.withThrowingLog();
    return sim.client(step.socket && path.join(sim.directory, step.socket));
  },
  connected: ({ sim }) => sim.connected(),
  connect: ({ it, options }) => it('client').connect(options),
  close: ({ it }) => it('client').close(),
  config_text: ({ step }) => kp.Config.loadText(step.text),
  config_file: ({ step }) => kp.Config.loadFile(step.path),
  services({ it, step }) {
    const services = it('client').getServices(step.name);
    if ([...services].length < step.at_least) throw new Error(`${services.count} services`);
  },
  service: ({ it, step }) => it('client').getService(step.name),
  async echo({ it, step, number, options }) {
    const service = it('client').getService('echo');
    const sent = text(step, number);
    const reply = await it('client').sendMessageAwaitReply(service, sent, options);
    same(reply.subarray(0, sent.length), sent);
  },
  keypair: () => kp.newKeypair(),
  write_box: ({ it, step, index, options }) =>
    it('client').writeBox(it('keys').writeCap, index, text(step), options),
  async read_box({ it, step, index, options }) {
    const { plaintext, next } = await it('client').readBox(it('keys').readCap, index, { ...options, noRetry: step.no_retry });
    if (step.text !== undefined) same(plaintext, text(step));
    if (step.begins !== undefined) same(plaintext.subarray(0, step.begins.length), step.begins);
    return next;
  },
  async tombstone({ it, step, index }) {
    const { writeCap } = it('keys');
    const made = await it('client').tombstoneRange(writeCap, index, step.count);
    for (let at = 0; at < made.count; at += 1) {
      await it('client').startResendingEncryptedMessage(0, made.envelopeAt(at), { writeCap });
    }
  },
  async copy({ it, step, index }) {
    const builder = it('client').newCopyBuilder();
    await builder.add(it('client'), it('keys').writeCap, index, text(step));
    await builder.finish(it('client'));
  },
  voucher_mint: ({ it, step }) => it('client').voucherMint(it('keys').writeCap, step.name),
  async voucher_induct({ it, step }) {
    const { payload } = step.payload_of ? it('payload_of') : it('minted');
    const inducted = await it('client').voucherInduct(it('minted').hash, payload, text(step));
    same(inducted.displayName, step.name);
    return inducted;
  },
  async voucher_open({ it, step }) {
    const { secretKey } = it('minted').keys();
    const opened = await it('client').voucherOpen(secretKey, it('inducted').sealedReply, it('keys').writeCap);
    same(opened.whoReply, text(step));
  },
  events: ({ it }) => it('client').events(),
  async event({ it, step }) {
    for (;;) {
      const { value, done } = await it('of').next();
      if (done) throw new Error('the stream has ended');
      if (value.kind === step.kind) return;
    }
  },
  read_cap_text: ({ it }) => it('keys').readCap.toText(it('keys').first),
  parse_text: ({ it, step }) => kp.sharedTextParse(step.text_of ? it('text_of') : step.text),
  store: ({ it, sim, step }) => it('client').openStore(path.join(sim.directory, step.file)),
  close_store: ({ it }) => it('store').close(),
  create_writer: ({ it, step }) => it('store').createWriter(step.name),
  open_writer: ({ it, step }) => it('store').openWriter(step.name),
  import_reader: ({ it, step }) => it('store').importReader(step.name, it('from').readCap),
  open_reader: ({ it, step }) => it('store').openReader(step.name),
  send: ({ it, step }) => it('writer').send(text(step)),
  wait_stored: ({ it }) => it('writer').waitStored(it('writer').lastMessage),
  async sent({ it, step }) {
    while (it('writer').lastMessage < BigInt(step.number)) await turn();
  },
  send_tombstones: ({ it, step }) => it('writer').tombstone(step.count),
  async erase_before({ it, step }) {
    await it('writer').eraseBefore(step.number);
    await it('writer').waitErased(step.number);
  },
  async receive({ it, step }) {
    const message = await it('reader').receive();
    const arrival = step.arrival ?? 'MESSAGE';
    const kind = arrival === 'MESSAGE' ? 1 : 0;
    if (message.number !== BigInt(step.number) || message.arrival !== arrival || message.kind !== kind) {
      throw new Error(`number ${message.number}, ${message.arrival} of kind ${message.kind}`);
    }
    same(message.data, step.text === undefined ? '' : text(step));
  },
  acknowledge: ({ it, step }) => it('reader').acknowledge(step.number),
  async history({ it, step }) {
    const messages = [...await it('reader').messages(step.number, step.max)];
    assert.deepEqual(messages.map((message) => message.data.toString()), step.texts);
  },
  forget_before: ({ it, step }) => it('reader').forgetBefore(step.number),
  poll_now: ({ it }) => it('reader').pollNow(),
  skip: ({ it }) => it('reader').skip(it('reader').nextIndex),
  async mint_voucher({ it, step }) {
    const voucher = await it('store').mintVoucher(step.name, step.display);
    if (step.same_as) same(voucher, it('same_as'));
    return voucher;
  },
  async induct_voucher({ it, step }) {
    const voucher = step.voucher ? it('voucher') : step.voucher_text;
    const { reader, displayName } = await it('store').inductVoucher(step.name, text(step), { voucher });
    same(displayName, step.display);
    return reader;
  },
  async open_voucher({ it, step, options }) {
    const { writer, whoReply } = await it('store').openVoucher(step.name, options);
    same(whoReply, text(step));
    return writer;
  },
  cancel_voucher: ({ it, step }) => it('store').cancelVoucher(step.name),
  vouchers: async ({ it, step }) => assert.deepEqual([...await it('store').listVouchers()], step.names),
  make_file: ({ step, place }) => fs.writeFileSync(place(step.file), content(step.size)),
  make_directory: ({ step, place }) => fs.mkdirSync(place(step.file)),
  send_file: ({ it, step, place, options }) =>
    it('writer').sendFile(step.file === undefined ? step.path : place(step.file), options),
  async receive_file({ it, step, place }) {
    const found = await it('reader').receiveFile(place(step.into), { name: step.name });
    assert.equal(found, path.join(place(step.into), step.found));
    same(fs.readFileSync(found), content(step.size));
  },
  abandon_file: ({ it }) => it('writer').abandonFile(),
  unfinished_file({ it, step, place }) {
    assert.equal(it('writer').filePath, place(step.file));
    assert.equal(it('writer').fileSize, BigInt(step.size));
  },
  async file_progress({ it, step }) {
    for (let done = 0n; done < BigInt(step.size);) {
      const { value } = await it('of').next();
      if (value.kind !== 'FILE_PROGRESS') continue;
      assert.ok(value.fileDone > done && value.fileSize === BigInt(step.size), value.description);
      done = value.fileDone;
    }
  },
  async wrong_type({ it }) {
    const { writeCap, readCap, first } = kp.newKeypair();
    const bad = [['a text', first, Buffer.of()], [readCap, first, Buffer.of()], [writeCap, 7, Buffer.of()], [writeCap, first, 7]];
    for (const each of bad) await assert.rejects(async () => it('client').writeBox(...each), TypeError);
  },
  async log_has_thrown({ world }) {
    while (world.complaints === 0) await turn();
    world.isPatient = true;
    process.off('uncaughtException', world.complain);
  },
  async loop_throws({ it }) {
    await assert.rejects(async () => {
      for await (const event of it('client').events()) throw new Error(`thrown at ${event.kind}`);
    }, /thrown at/);
  },
  free: ({ it }) => it('what').free(),
  collect: async () => {
    globalThis.gc();
    await turn();
  },
  sim: ({ sim, step }) => sim.say(step.say),
  sim_until: ({ sim, step }) => sim.until((stats) => {
    const count = step.count.split('.').reduce((part, name) => part?.[name], stats) ?? 0;
    return count >= (step.at_least ?? 0) && count <= (step.at_most ?? Infinity);
  }),
  exit({ sim }) {
    fs.rmSync(sim.directory, { recursive: true });
    process.exit(0);
  },
};

class World {
  things = new Map();
  started = new Map();
  complaints = 0;
  isPatient = false;

  constructor(sim) {
    this.sim = sim;
  }

  // What its log function throws is an uncaught exception, which ends a program that does not see to it.
  withThrowingLog() {
    this.complain = (error) => {
      if (error.message !== 'a line of the log') throw error;
      this.complaints += 1;
    };
    process.on('uncaughtException', this.complain);
    const config = this.sim.config();
    config.setLog('INFO', () => {
      if (!this.isPatient) throw new Error('a line of the log');
    });
    const client = new kp.Client(config);
    config.free();
    return client;
  }

  // Does one step, or starts it.
  async step(step) {
    if (step.do === 'forget') return void this.things.delete(step.what);
    if (step.do === 'cancel') return this.started.get(step.what).abort.abort();
    if (step.do === 'wait') {
      const { all } = this.started.get(step.for);
      this.started.delete(step.for);
      return void await Promise.all(all.map((each) => this.judged(step, each)));
    }
    const numbers = Array.from({ length: step.many ?? 1 }, (_, number) => number);
    if (step.start) {
      const abort = new AbortController();
      const all = numbers.map((number) => this.action(step, number, abort.signal));
      all.forEach((each) => each.catch(() => {}));
      return void this.started.set(step.start, { abort, all });
    }
    for (const number of numbers) {
      const thing = await this.judged(step, this.action(step, number));
      if (step.as) this.things.set(step.as, thing);
    }
  }

  async action(step, number, signal) {
    const action = ACTIONS[step.do];
    if (!action) throw new Error(`an action that this driver does not know: ${step.do}`);
    const it = (field) => {
      if (!this.things.has(step[field])) throw new Error(`there is no ${step[field]}`);
      return this.things.get(step[field]);
    };
    const place = step.at && it('at');
    const index = place instanceof kp.BoxIndex ? place : place?.first;
    const options = { timeout: step.timeout_ms, signal: step.cancelled ? AbortSignal.abort() : signal };
    const inside = (name) => path.join(this.sim.directory, name);
    return action({ sim: this.sim, world: this, step, it, number, index, place: inside, options });
  }

  async judged(step, outcome) {
    let thing;
    try {
      thing = await outcome;
    } catch (error) {
      if (!(error instanceof kp.KpcError) || error.code !== step.fails) throw error;
      if (step.class !== undefined) assert.equal(error.category, step.class);
      return undefined;
    }
    if (step.fails) throw new Error(`no error, ${step.fails} expected`);
    return thing;
  }

  isFreed(error) {
    if (error.code !== 'BAD_HANDLE') throw error;
  }

  async end() {
    for (const thing of this.things.values()) {
      if (thing instanceof kp.Client) await thing.close().catch((error) => this.isFreed(error));
      thing?.free?.();
    }
    this.things.clear();
    this.started.clear();
  }
}

async function run(scenario) {
  const sim = await Sim.start(scenario.sim);
  let world = new World(sim);
  try {
    for (const [at, step] of scenario.steps.entries()) {
      let timer;
      const late = new Promise((_, reject) => {
        timer = setTimeout(reject, LIMIT, new Error('it does not end'));
      });
      try {
        await Promise.race([world.step(step), late]);
      } catch (error) {
        throw new Error(`step ${at + 1} (${step.do}): ${error.code ?? ''} ${error.message}`);
      } finally {
        clearTimeout(timer);
      }
    }
    await world.end();
    world = null;
    await nothingLeft();
  } finally {
    await world?.end();
    await sim.stop();
  }
}

// A scenario that ends its process has one of its own.
function runAlone(table, name) {
  const arguments_ = ['--expose-gc', __filename, table, name];
  const said = execFileSync(process.execPath, arguments_, { encoding: 'utf8', timeout: LIMIT });
  if (said.includes('FAILED')) throw new Error(said);
}

async function main([file, ...names]) {
  const table = JSON.parse(fs.readFileSync(file, 'utf8'));
  let [passed, failed] = [0, 0];
  for (const scenario of table) {
    if (names.length > 0 && !names.includes(scenario.name)) continue;
    if (scenario.needs in MISSING) {
      console.log(`left out ${scenario.name}: ${MISSING[scenario.needs]}`);
      continue;
    }
    try {
      if (scenario.alone && names.length === 0) runAlone(file, scenario.name);
      else await run(scenario);
      console.log(`ok ${scenario.name}`);
      passed += 1;
    } catch (error) {
      console.log(`FAILED ${scenario.name}: ${error.message}`);
      failed += 1;
    }
  }
  console.log(`scenarios in JavaScript: ${passed} passed, ${failed} failed, 0 skipped`);
  process.exitCode = failed > 0 ? 1 : 0;
}

main(process.argv.slice(2));
