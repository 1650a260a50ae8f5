// What the generated types stand on.

import type { Config, ErrorCode, Event, LogLevel } from '../generated/index';

/** What every call on the daemon takes besides its own arguments. */
export interface CallOptions {
  /** Cancels the call, also at the daemon. It then fails with an error named AbortError, whose code is CANCELLED. */
  signal?: AbortSignal | null;
  /** How many milliseconds it may take, before it fails with TIMEOUT. Without a limit as a rule. */
  timeout?: number | null;
}

/** Any failure of the library, the daemon, a courier or a replica. */
export class KpcError extends Error {
  /** The name of the status; those that only newer daemons know are called UNKNOWN. */
  readonly code: ErrorCode | 'UNKNOWN';
  /** The number of the status. */
  readonly status: number;
  readonly category: 'ARGUMENT' | 'SESSION' | 'DAEMON' | 'REPLICA' | 'COPY' | 'CANCELLED' | 'TIMEOUT' | 'INTERNAL';
  readonly origin: 'LIBRARY' | 'DAEMON' | 'COURIER' | 'REPLICA';
  /** The code that the daemon sent, or -1. */
  readonly daemonCode: number;
  /** The code that a replica sent, or -1. */
  readonly replicaCode: number;
  /** Which envelope of a copy command failed, from 1 on, or 0. */
  readonly failedEnvelope: bigint;
  /** The system's errno, or 0. */
  readonly errno: number;
}

/** An object of the library. The collector frees it; free does so at once. */
export class Handle {
  protected constructor(...internal: unknown[]);
  /** Frees it; every use after that fails with BAD_HANDLE. Freeing twice is once. Never waits. */
  free(): void;
  [Symbol.dispose](): void;
}

/** A value of fixed size. */
export class Struct {
  protected constructor(...internal: unknown[]);
  /** A copy of its bytes, as they are stored and sent. */
  toBytes(): Buffer;
  equals(other: unknown): boolean;
  /** The bytes in hexadecimal; of a secret its name alone. */
  toString(): string;
}

/** A value whose bytes are secret: console.log does not show them. */
export class Secret extends Struct {
  /** Overwrites the bytes. The collector does the same for values that are no longer used. */
  wipe(): void;
  [Symbol.dispose](): void;
}

/** A value with fields. */
export class Record extends Struct {
  /** Its fields as a plain object. */
  toJSON(): object;
}

/** A stream of events, to be read by `for await`. It ends when its client is closed. */
export class Events extends Handle implements AsyncIterableIterator<Event> {
  next(): Promise<IteratorResult<Event, undefined>>;
  return(): Promise<IteratorResult<Event, undefined>>;
  [Symbol.asyncIterator](): this;
  [Symbol.asyncDispose](): Promise<unknown>;
}

export class BaseConfig extends Handle {
  /** An empty configuration. */
  constructor();
  /**
   * Sets where a client's log lines go, in place of what is set. The function is called on the thread of the program
   * that set it. Lines never hold secrets or payloads. If 10 000 of them wait, further ones are lost.
   */
  setLog(level: LogLevel, write: (level: LogLevel | number, line: string) => void): void;
}

export class BaseClient extends Handle {
  /** A client that is not connected. */
  constructor(config: Config);
  /** A client that is connected. The configuration may be the path of a file. */
  static open<T extends BaseClient>(this: new (config: Config) => T, config: Config | string, options?: CallOptions): Promise<T>;
  /**
   * Says goodbye to the daemon, and ends what is under way: it fails with CLOSED, event streams end. Closing twice is
   * once.
   */
  close(options?: CallOptions): Promise<void>;
  /**
   * Events from now on, beginning with the present state. They wait in a queue of this stream's own; when
   * `capacity` of them wait (1000 as a rule), the oldest is dropped and an OVERFLOW reports it. The signal ends
   * the stream with an AbortError.
   */
  events(options?: { capacity?: number; signal?: AbortSignal | null }): Events;
  [Symbol.asyncDispose](): Promise<void>;
}
