'use strict';
// One class for every failure. The name of the status tells them apart: `error.code`.

const CATEGORIES = ['OK', 'ARGUMENT', 'SESSION', 'DAEMON', 'REPLICA', 'COPY', 'CANCELLED', 'TIMEOUT', 'INTERNAL'];
const ORIGINS = ['LIBRARY', 'DAEMON', 'COURIER', 'REPLICA'];

class KpcError extends Error {
  // The fields that the addon makes of a kpc_error.
  constructor(fields) {
    const [status, name, message, category, origin, daemonCode, replicaCode, failedEnvelope, errno] = fields;
    super(message);
    this.code = name.replace(/^KPC_(ERR_)?/, '');
    this.status = status;
    this.category = CATEGORIES[category] ?? category;
    this.origin = ORIGINS[origin] ?? origin;
    this.daemonCode = daemonCode;
    this.replicaCode = replicaCode;
    this.failedEnvelope = failedEnvelope;
    this.errno = errno;
  }
}
// Not enumerable, as with the errors of the language.
Object.defineProperty(KpcError.prototype, 'name', { value: 'KpcError', writable: true, configurable: true });

// What an operation fails with that was cancelled by its AbortSignal: as everywhere in Node, its
// name is AbortError and its cause the signal's reason.
function aborted(signal) {
  const error = new KpcError([-200, 'KPC_ERR_CANCELLED', 'the operation was aborted', 6, 0, -1, -1, 0n, 0]);
  return markAborted(error, signal);
}

function markAborted(error, signal) {
  Object.defineProperty(error, 'name', { value: 'AbortError', writable: true, configurable: true });
  Object.defineProperty(error, 'cause', { value: signal.reason, writable: true, configurable: true });
  return error;
}

// An error that is a property, or null.
const errorOf = (fields) => (fields ? new KpcError(fields) : null);

module.exports = { KpcError, aborted, markAborted, errorOf };
