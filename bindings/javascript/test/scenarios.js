'use strict';
// Runs the scenarios of every language: node --expose-gc scenarios.js TABLE [NAME...]

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { setImmediate: turn } = require('node:timers/promises');
const kp = require('..');
const { Sim, nothingLeft } = require('./sim');

const LIMIT = 60_000;

const text = (step, number = 0) =>
  Buffer.from(step.text.repeat(step.times ?? 1) + (step.numbered ? number : ''));

function same(found, wanted) {
  if (!Buffer.from(found).equals(Buffer.from(wanted))) throw new Error(`${found}, ${wanted} expected`);
}

// What each action does. `it` returns what an earlier step has kept under the name in a field.
const ACTIONS = {
  client: ({ sim, step }) => sim.client(step.socket && path.join(sim.directory, step.socket)),
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
  async receive({ it, step }) {
    const message = await it('reader').receive();
    if (message.number !== BigInt(step.number) || message.arrival !== 'MESSAGE' || message.kind !== 1) {
      throw new Error(`number ${message.number}, ${message.arrival} of kind ${message.kind}`);
    }
    same(message.data, text(step));
  },
  acknowledge: ({ it, step }) => it('reader').acknowledge(step.number),
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

  constructor(sim) {
    this.sim = sim;
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
    const options = { timeout: step.timeout_ms, signal };
    return action({ sim: this.sim, step, it, number, index, options });
  }

  async judged(step, outcome) {
    let thing;
    try {
      thing = await outcome;
    } catch (error) {
      if (!(error instanceof kp.KpcError) || error.code !== step.fails) throw error;
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
