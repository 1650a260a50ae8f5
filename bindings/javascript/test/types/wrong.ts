// What the types refuse: each line that is marked must be an error, and no other line is one.

import * as kp from 'kpclient';

export async function program(client: kp.Client, store: kp.Store, writer: kp.Writer, reader: kp.Reader): Promise<void> {
  const { writeCap, readCap, first } = kp.newKeypair();
  // @ts-expect-error a capability to read does not write
  await client.writeBox(readCap, first, Buffer.from('text'));
  // @ts-expect-error capability and index are not the same
  await client.writeBox(first, writeCap, Buffer.from('text'));
  // @ts-expect-error bytes, and not a text
  await client.writeBox(writeCap, first, 'text');
  // @ts-expect-error an option that is none
  await client.readBox(readCap, first, { retries: 3 });
  // @ts-expect-error a name of a level that is none
  new kp.Config().setLog('LOUD', () => {});
  // @ts-expect-error capabilities are not made by programs
  new kp.WriteCap();
  // @ts-expect-error a reader does not send
  await reader.send(Buffer.from('text'));
  // @ts-expect-error a writer is opened by its store
  await client.openWriter('name');
  // @ts-expect-error numbers of messages are bigints
  const number: number = await writer.send(Buffer.from('text'));
  // @ts-expect-error a code that is none
  if (new Error() as kp.KpcError && (({}) as kp.KpcError).code === 'BOX_IS_GONE') return;
  // @ts-expect-error a kind of events that is none
  for await (const event of client.events()) if (event.kind === 'FILE_LOST') return;
  // @ts-expect-error what a voucher gives has other names
  const { name } = await store.inductVoucher('name', Buffer.of());
  console.log(number, name);
}
