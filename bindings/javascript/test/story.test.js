'use strict';
// The example tells its whole story.

const test = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { promisify } = require('node:util');

test('story', async () => {
  const story = path.join(__dirname, '../example/story.js');
  const { stdout } = await promisify(execFile)(process.execPath, [story, process.env.KPC_SIM], { timeout: 60_000 });
  const lines = stdout.trimEnd().split('\n');
  const events = lines.filter((line) => line.startsWith('event: '));
  assert.deepEqual(events, ['event: the daemon is away', 'event: there is another daemon', 'event: closed']);
  assert.deepEqual(lines.filter((line) => !events.includes(line)), [
    'connected',
    'the echo says: hello mixnet',
    'elsewhere the box says: a box',
    'message 1 of the channel: first news',
    'a read is cancelled: CANCELLED',
    'nobody has written that box',
    'after the daemon was killed: still here',
  ]);
});
