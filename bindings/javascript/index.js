'use strict';
const { KpcError } = require('./lib/errors');
const { Events } = require('./lib/events');

module.exports = { KpcError, Events, ...require('./generated/methods').exported };
