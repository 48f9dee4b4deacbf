// SPDX-License-Identifier: Apache-2.0

// Runs a Node.js handler as AWS Lambda does: gets invocations from the Lambda Runtime API, calls the
// handler for each, and posts the returned value, the error or the argument of the callback.
//
// It needs Node.js 18 or later with the standard library only. inlet53 contains this file and passes
// it to node on stdin, with the environment that Lambda documents.
// Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes", "Define
// Lambda function handler in Node.js", "Using the Lambda context object to retrieve Node.js function
// information", "Response streaming for Lambda functions"; the sources of AWS's own Runtime interface
// client for Node.js.
'use strict';

const { isUtf8 } = require('node:buffer');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { Writable } = require('node:stream');
const { finished } = require('node:stream/promises');
const url = require('node:url');
const util = require('node:util');

const API = '/2018-06-01/runtime';
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1, noDelay: true });
let requestId = '';

// These properties of a handler mean that it writes its response to a stream.
const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');
// Output of this type starts with status and headers as JSON, and eight null bytes.
const HTTP_RESPONSE = 'application/vnd.awslambda.http-integration-response';
const DELIMITER = Buffer.alloc(8);

class RuntimeError extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
    this.stack = '';
  }
}

/** Makes one request and resolves to the fields and body of its response. */
function ask(method, target, body, fields = {}) {
  return new Promise((resolve, reject) => {
    const headers = method === 'GET' ? {} : {
      'Content-Type': 'application/json', 'Content-Length': body.length, ...fields,
    };
    const request = http.request({ host, port, agent, method, path: API + target, headers });
    request.on('error', reject);
    request.on('response', (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () => resolve({ fields: response.headers, body: Buffer.concat(pieces) }));
    });
    request.end(body);
  });
}

/** Too large a response ends the connection; the next request opens another. */
async function post(target, content, fields) {
  try {
    await ask('POST', target, Buffer.from(content), fields);
  } catch (error) {
    if (!error.code) throw error;
  }
}

/** Converts a value to text, also an object without a usable toString. */
function textOf(value) {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/** Describes an error as JSON and as a header, and writes it to the log. */
function describe(error) {
  const known = util.types.isNativeError(error);
  const errorType = known ? textOf(error.name) : typeof error;
  const errorMessage = textOf(known ? error.message : error);
  const trace = known ? (error.stack || '').split('\n') : [];
  const payload = JSON.stringify({ errorType, errorMessage, trace });
  const name = error instanceof RuntimeError ? '' : 'Invoke Error \t';
  process.stdout.write(`${new Date().toISOString()}\t${requestId}\tERROR\t${name}${payload}\n`);
  const fields = { 'Lambda-Runtime-Function-Error-Type': errorType.replace(/[^\x20-\x7e]/g, '?') };
  return { payload, fields };
}

/** Replaces console.log and similar functions; they write lines in Lambda's format. */
function setUpConsole() {
  const levels = { trace: 'TRACE', debug: 'DEBUG', log: 'INFO', info: 'INFO', warn: 'WARN',
    error: 'ERROR' };
  for (const [method, level] of Object.entries(levels)) {
    console[method] = (...values) => {
      const text = util.format(...values);
      process.stdout.write(`${new Date().toISOString()}\t${requestId}\t${level}\t${text}\n`);
    };
  }
}

/** Returns the function of a handler name: `file.export`, with directories before the file. */
async function loadHandler(name) {
  const folder = path.dirname(name);
  const parts = /^([^.]+)\.(.+)$/.exec(path.basename(name));
  if (!parts || name.includes('..')) {
    throw new RuntimeError('Runtime.MalformedHandlerName', `Bad handler '${name}'`);
  }
  const base = path.resolve(process.env.LAMBDA_TASK_ROOT, folder, parts[1]);
  const file = ['.js', '.mjs', '.cjs'].map((ending) => base + ending).find(fs.existsSync);
  if (!file) {
    throw new RuntimeError('Runtime.ImportModuleError',
      `Error: Cannot find module '${path.join(folder, parts[1])}'`);
  }
  const module = await load(file);
  const exported = (root) => parts[2].split('.').reduce((at, key) => at?.[key], root);
  const handler = exported(module) ?? exported(module.default);
  if (handler === undefined) {
    throw new RuntimeError('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  }
  if (typeof handler !== 'function') {
    throw new RuntimeError('Runtime.HandlerNotFound', `${name} is not a function`);
  }
  return handler;
}

async function load(file) {
  try {
    return await import(url.pathToFileURL(file));
  } catch (error) {
    if (error?.code === 'ERR_MODULE_NOT_FOUND' || error?.code === 'MODULE_NOT_FOUND') {
      throw new RuntimeError('Runtime.ImportModuleError', `Error: ${error.message}`);
    }
    if (error instanceof SyntaxError) {
      throw new RuntimeError('Runtime.UserCodeSyntaxError', `SyntaxError: ${error.message}`);
    }
    throw error;
  }
}

function makeContext(fields) {
  const env = process.env;
  const deadline = Number(fields['lambda-runtime-deadline-ms']);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    awsRequestId: fields['lambda-runtime-aws-request-id'],
    invokedFunctionArn: fields['lambda-runtime-invoked-function-arn'],
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

/** Collects the output of a streaming handler. */
class ResponseStream extends Writable {
  #contentType = '';
  #pieces = null;

  setContentType(contentType) {
    if (this.#pieces) {
      throw new RuntimeError('Runtime.InvalidStreamingOperation', 'Cannot set content-type, too late.');
    }
    this.#contentType = contentType;
  }

  write(piece, ...more) {
    const octets = typeof piece === 'string' || piece instanceof Uint8Array;
    return super.write(octets ? piece : JSON.stringify(piece), ...more);
  }

  _write(piece, encoding, done) {
    this.#start();
    this.#pieces.push(piece);
    done();
  }

  _final(done) {
    this.#start();
    done();
  }

  /** Parses the part of HttpResponseStream before the first byte of the body. */
  #start() {
    if (this.#pieces) return;
    this.#pieces = [];
    this._onBeforeFirstWrite?.((piece) => this.#pieces.push(Buffer.from(piece)));
  }

  /** Returns the response of the invocation. */
  response() {
    const output = Buffer.concat(this.#pieces);
    const end = this.#contentType === HTTP_RESPONSE ? output.indexOf(DELIMITER) : -1;
    if (end < 0) return output;
    return proxyResponse(JSON.parse(output.subarray(0, end)), output.subarray(end + DELIMITER.length));
  }
}

/** Composes the response of a Lambda proxy integration, because APIs of inlet53 do not stream. */
function proxyResponse({ statusCode, headers, multiValueHeaders, cookies }, body) {
  const isBase64Encoded = !isUtf8(body);
  const several = cookies ? { ...multiValueHeaders, 'Set-Cookie': cookies } : multiValueHeaders;
  return JSON.stringify({ statusCode, headers, multiValueHeaders: several, isBase64Encoded,
    body: body.toString(isBase64Encoded ? 'base64' : 'utf8') });
}

/** Sets the global `awslambda`, which modules of streaming handlers use while they load. */
function setUpStreaming() {
  if (['1', 'true'].includes(process.env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA)) return;
  const streamifyResponse = (handler, options) => {
    handler[STREAMING] = 'response';
    if (typeof options?.highWaterMark === 'number') handler[HIGH_WATER_MARK] = options.highWaterMark;
    return handler;
  };
  class HttpResponseStream {
    static from(stream, prelude) {
      stream.setContentType(HTTP_RESPONSE);
      const head = JSON.stringify(prelude);
      stream._onBeforeFirstWrite = (write) => {
        write(head);
        write(DELIMITER);
      };
      return stream;
    }
  }
  globalThis.awslambda = { streamifyResponse, HttpResponseStream };
}

/** Calls `run` when the event loop is empty. Returns a function that prevents this. */
function whenIdle(run) {
  const listener = () => setImmediate(run);
  process.once('beforeExit', listener);
  return () => process.off('beforeExit', listener);
}

const isNothing = (value) => value === undefined || value === null;
const isPromise = (value) => typeof value?.then === 'function';
const neverSettled = () => new RuntimeError('Runtime.NodeJsExit',
  'The event loop is empty, but the promise of the handler is not settled.');

/**
 * Calls a handler and resolves to `{ result }`. The first of these completes the call: the promise
 * that the handler returns, its callback, and succeed, done and fail of the context. Other return
 * values are ignored. A handler that completes nothing has the result null.
 */
function call(handler, event, context) {
  return new Promise((resolve, reject) => {
    const isAsync = handler.constructor?.name === 'AsyncFunction';
    const keep = whenIdle(() => (isAsync ? reject(neverSettled()) : resolve({ result: null })));
    let completed = false;
    const first = (complete) => (...values) => {
      if (completed) return;
      completed = true;
      keep();
      complete(...values);
    };
    const done = (error, result) => (isNothing(error) ? resolve({ result }) : reject(error));
    const callback = (error, result) => {
      const waits = isNothing(error) && context.callbackWaitsForEmptyEventLoop;
      waits ? whenIdle(() => resolve({ result })) : done(error, result);
    };
    context.done = first(done);
    context.succeed = first((result) => resolve({ result }));
    context.fail = first((error) => reject(isNothing(error) ? 'handled' : error));
    const { succeed, fail } = context;
    try {
      const returned = handler(event, context, first(callback));
      if (isPromise(returned)) returned.then(succeed, fail);
    } catch (error) {
      fail(error);
    }
  });
}

/** Calls a streaming handler and resolves to its complete output. */
async function callStreaming(handler, event, context) {
  const stream = new ResponseStream({ highWaterMark: handler[HIGH_WATER_MARK] });
  const ended = finished(stream);
  ended.catch(() => {});  // the handler may fail before the code waits for it
  const returned = handler(event, stream, context);
  if (!isPromise(returned)) throw 'Streaming does not support non-async handlers.';
  const [result] = await new Promise((resolve, reject) => {
    const keep = whenIdle(() => reject('Response stream is not finished.'));
    Promise.all([returned, ended]).finally(keep).then(resolve, reject);
  });
  if (result !== undefined) console.warn('Streaming handlers ignore return values.');
  return stream.response();
}

async function respond(handler, event, context) {
  if (handler[STREAMING]) return callStreaming(handler, event, context);
  const { result } = await call(handler, event, context);
  return marshal(result);
}

function marshal(result) {
  try {
    return JSON.stringify(result === undefined ? null : result);
  } catch (error) {
    throw new RuntimeError('Runtime.MarshalError', `Unable to stringify response body: ${error.message}`);
  }
}

async function serve(handler) {
  for (;;) {
    const { fields, body } = await ask('GET', '/invocation/next');
    requestId = fields['lambda-runtime-aws-request-id'];
    if (!requestId) throw new Error(`the Runtime API gave no invocation: ${body}`);
    if (fields['lambda-runtime-trace-id']) {
      process.env._X_AMZN_TRACE_ID = fields['lambda-runtime-trace-id'];
    }
    const target = `/invocation/${requestId}`;
    try {
      const response = await respond(handler, JSON.parse(body), makeContext(fields));
      await post(`${target}/response`, response);
    } catch (error) {
      const described = describe(error);
      await post(`${target}/error`, described.payload, described.fields);
    }
  }
}

/** An uncaught error ends the process; the invocation or the start gets the reason. */
async function giveUp(errorType, error) {
  const wrapped = new RuntimeError(errorType, String(error));
  wrapped.stack = error?.stack || '';
  const described = describe(wrapped);
  const target = requestId ? `/invocation/${requestId}/error` : '/init/error';
  // A separate connection, because the persistent one may be in the middle of a request.
  agent.maxSockets = 2;
  await post(target, described.payload, described.fields).finally(() => process.exit(128));
}

async function main() {
  setUpConsole();
  setUpStreaming();
  process.argv = [process.argv[0], ''];
  process.on('uncaughtException', (error) => giveUp('Runtime.UncaughtException', error));
  process.on('unhandledRejection', (error) => giveUp('Runtime.UnhandledPromiseRejection', error));
  let handler;
  try {
    handler = await loadHandler(process.env._HANDLER);
  } catch (error) {
    const described = describe(error);
    await post('/init/error', described.payload, described.fields);
    process.exit(1);
  }
  await serve(handler);
}

main();
