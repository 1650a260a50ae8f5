'use strict';
// What a program does on a mixnet, from the first connection to a daemon that is killed in the
// middle of a read. It needs a simulator, which it starts itself:
//
//   node example/story.js ../../build/bin/kpclientd-sim

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const kp = require('..');

async function story(path, daemon) {
  // Without a time limit a client waits for its daemon as long as it takes.
  const client = await kp.Client.open(path, { timeout: 60_000 });
  console.log('connected');
  const watching = watch(client.events());

  const reply = await client.sendMessageAwaitReply(client.getService('echo'), Buffer.from('hello mixnet'));
  console.log(`the echo says: ${reply.toString('utf8', 0, 12)}`);

  // Boxes: whoever has the read capability and the index reads what the writer wrote.
  const { writeCap, readCap, first } = kp.newKeypair();
  await client.writeBox(writeCap, first, Buffer.from('a box'));
  const elsewhere = await kp.Client.open(path);
  const { plaintext, next } = await elsewhere.readBox(readCap, first);
  console.log(`elsewhere the box says: ${plaintext}`);

  await channel(client, elsewhere);
  await cancelled(elsewhere, readCap, next);
  await killed(client, elsewhere, { writeCap, readCap, next }, daemon);

  await elsewhere.close();
  await client.close();
  await watching;
}

// Messages of a channel arrive once and in order, whatever crashes; here in memory alone.
async function channel(alice, bob) {
  const [hers, his] = await Promise.all([alice.openStore(), bob.openStore()]);
  const writer = await hers.createWriter('news');
  const reader = await his.importReader('news', writer.readCap);
  await writer.send(Buffer.from('first news'));
  const message = await reader.receive();
  console.log(`message ${message.number} of the channel: ${message.data}`);
  await reader.acknowledge(message.number);
  await Promise.all([hers.close(), his.close()]);
}

// A read waits until the box is written. Nobody writes this one.
async function cancelled(client, readCap, index) {
  try {
    await client.readBox(readCap, index, { signal: AbortSignal.timeout(200) });
  } catch (error) {
    if (error.name !== 'AbortError') throw error;
    console.log(`a read is cancelled: ${error.code}`);
  }
  try {
    await client.readBox(readCap, index, { noRetry: true });
  } catch (error) {
    if (error.code !== 'BOX_ID_NOT_FOUND') throw error;
    console.log('nobody has written that box');
  }
}

// A read survives its daemon.
async function killed(writer, reader, { writeCap, readCap, next }, daemon) {
  const events = reader.events();
  const reading = reader.readBox(readCap, next);
  await daemon.kill();
  await daemon.start();
  for await (const { kind } of events) if (kind === 'RESTARTED') break;
  await writer.writeBox(writeCap, next, Buffer.from('still here'));
  console.log(`after the daemon was killed: ${(await reading).plaintext}`);
}

async function watch(events) {
  for await (const event of events) {
    if (event.kind === 'DISCONNECTED') console.log('event: the daemon is away');
    if (event.kind === 'RESTARTED') console.log('event: there is another daemon');
    if (event.kind === 'CLOSED') console.log('event: closed');
  }
}

// A simulator whose replicas remember, as those of a network do.
class Daemon {
  constructor(program, directory) {
    this.program = program;
    this.path = join(directory, 'thinclient.toml');
    this.options = ['--instant', '--patient-couriers', '--seed', '1', '--unix', join(directory, 'sock'),
      '--boxes', join(directory, 'boxes'), '--config-out', this.path];
  }

  async start() {
    this.process = spawn(this.program, this.options, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(this.process.stdout, 'data');
  }

  async kill() {
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }
}

async function main(program) {
  const directory = mkdtempSync(join(tmpdir(), 'kpc-story-'));
  const daemon = new Daemon(program, directory);
  await daemon.start();
  try {
    await story(daemon.path, daemon);
  } finally {
    await daemon.kill();
    rmSync(directory, { recursive: true });
  }
}

main(process.argv[2] ?? 'kpclientd-sim');
