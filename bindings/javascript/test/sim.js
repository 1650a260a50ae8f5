'use strict';
// A simulator of kpclientd of a test's own, in a directory of its own.

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');
const { setTimeout: pause } = require('node:timers/promises');
const kp = require('..');

class Sim {
  static async start(options = []) {
    const sim = new Sim();
    sim.directory = fs.mkdtempSync(path.join(os.tmpdir(), 'kpc-js-'));
    sim.socket = path.join(sim.directory, 'sock');
    const all = ['--control', 'stdin', '--instant', '--unix', sim.socket, ...options];
    sim.process = spawn(process.env.KPC_SIM, all, { stdio: ['pipe', 'pipe', 'inherit'] });
    sim.answers = readline.createInterface({ input: sim.process.stdout })[Symbol.asyncIterator]();
    for (;;) {
      const { value, done } = await sim.answers.next();
      if (done) throw new Error('the simulator does not start');
      if (value.startsWith('ready:')) return sim;
    }
  }

  // Tells it a command; returns what it answers behind `ok`.
  async say(command) {
    this.process.stdin.write(`${command}\n`);
    const { value } = await this.answers.next();
    if (!value?.startsWith('ok')) throw new Error(`${command}: ${value}`);
    return value.slice(3);
  }

  // Asks for its counters until they are as wanted.
  async until(isAsWanted) {
    while (!isAsWanted(JSON.parse(await this.say('stats')))) await pause(5);
  }

  config(socket = this.socket) {
    const config = new kp.Config();
    config.setUnix(socket);
    config.setReconnect(10, 50);
    return config;
  }

  // A client of this simulator that is not connected.
  client(socket) {
    const config = this.config(socket);
    const client = new kp.Client(config);
    config.free();
    return client;
  }

  async connected() {
    const client = this.client();
    await client.connect();
    return client;
  }

  async stop() {
    const ended = once(this.process, 'exit');
    this.process.stdin.end();
    await ended;
    fs.rmSync(this.directory, { recursive: true });
  }
}

// Runs the collector until no object of the library is left.
async function nothingLeft(limit = 60_000) {
  const end = Date.now() + limit;
  while (kp.debugLiveObjects() !== 0) {
    if (Date.now() > end) throw new Error(`${kp.debugLiveObjects()} objects are left`);
    globalThis.gc();
    await pause(5);
  }
}

module.exports = { Sim, nothingLeft };
