'use strict';
// What classes have that is not made from the description of the interface.

const { run, start, setLog } = require('./native');
const { Handle, PRIVATE, handleOf } = require('./objects');
const { Events } = require('./events');
const { constant, named } = require('./arguments');

// Everything made from the description, which needs this file first.
const generated = () => require('../generated/methods');

class BaseConfig extends Handle {
  // Without arguments: an empty configuration.
  constructor(key, handle, client) {
    if (key === PRIVATE) super(key, handle, client);
    else super(PRIVATE, run('kpc_config_new', [])[0]);
  }

  // Lines are for `write(level, text)`, which is called on the program's own thread.
  setLog(level, write) {
    if (typeof write !== 'function') throw new TypeError('write is a function');
    const { LOG_LEVEL } = generated();
    const config = handleOf(this, 'kpc_config', 'this');
    setLog(config, constant(level, LOG_LEVEL, 'level'), (number, text) => write(named(number, LOG_LEVEL), text));
  }
}

class BaseClient extends Handle {
  // A client that is not connected yet.
  constructor(config) {
    super(PRIVATE, run('kpc_client_new', [handleOf(config, 'kpc_config', 'config')])[0]);
  }

  // A client that is connected, of a configuration or the path of its file.
  static async open(config, options) {
    const { Config } = generated();
    const loaded = typeof config === 'string' ? Config.loadFile(config) : config;
    const client = new this(loaded);
    try {
      await client.connect(options);
    } catch (error) {
      client.free();
      throw error;
    } finally {
      if (loaded !== config) loaded.free();
    }
    return client;
  }

  // Says goodbye to the daemon and ends everything that is under way. Closing twice is once.
  async close(options) {
    await start('kpc_client_close', Handle.handle(this), [Handle.handle(this)], options, this).catch((error) => {
      if (error.code !== 'CLOSED') throw error;
    });
  }

  // Events from now on, beginning with the present state.
  events(options) {
    return Events.open(this, generated().readEvent, options);
  }
}
if (Symbol.asyncDispose) {
  BaseClient.prototype[Symbol.asyncDispose] = async function dispose() {
    await this.close();
    this.free();
  };
}

module.exports = { BaseConfig, BaseClient };
