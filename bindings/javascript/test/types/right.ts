// What programs write and the types allow. It is compiled, and never run.

import * as kp from 'kpclient';

export async function program(path: string): Promise<void> {
  const config = new kp.Config();
  config.setUnix('/run/kpclientd.sock');
  config.setLog('INFO', (level, line) => console.log(level, line.toUpperCase()));
  const client: kp.Client = await kp.Client.open(path, { timeout: 60_000, signal: AbortSignal.timeout(1000) });
  const { writeCap, readCap, first } = kp.newKeypair();
  const next: kp.BoxIndex = await client.writeBox(writeCap, first, Buffer.from('text'));
  const read = await client.readBox(readCap, first, { noRetry: true });
  const plaintext: Buffer = read.plaintext;
  console.log(plaintext.toString(), next.equals(read.next));
  for (const service of client.getServices('echo')) {
    const reply: Buffer = await client.sendMessageAwaitReply(service, new Uint8Array(3));
    console.log(reply.length);
  }
  await client.close();
}

export async function channels(client: kp.Client): Promise<string[]> {
  const store = await client.openStore('file.db');
  const voucher: string = await store.mintVoucher('to Bob', 'Alice');
  const { reader, displayName } = await store.inductVoucher('from Alice', Buffer.from('welcome'), { voucher });
  const { writer, whoReply } = await store.openVoucher('to Bob');
  const number: bigint = await writer.send(whoReply);
  await writer.sendFile('photo.jpg');
  const message = await reader.receive({ timeout: 1000 });
  if (message.arrival === 'MESSAGE') await reader.acknowledge(message.number);
  const messages = await reader.messages(number, 10);
  return [displayName, await reader.receiveFile('.', { name: 'photo 2.jpg' }), ...[...messages].map((m) => `${m.data}`)];
}

export async function watch(events: kp.Events): Promise<void> {
  for await (const event of events) {
    switch (event.kind) {
      case 'FILE_PROGRESS': {
        const left: bigint = event.fileSize - event.fileDone;
        console.log(event.channelName?.length, left);
        break;
      }
      case 'PKI_DOCUMENT':
        console.log(event.description);
        break;
      default:
        console.log(event.kind);
    }
  }
}

export function reason(error: unknown): string {
  if (!(error instanceof kp.KpcError)) throw error;
  return error.code === 'BOX_ID_NOT_FOUND' ? 'nothing yet' : `${error.category}: ${error.message}`;
}
