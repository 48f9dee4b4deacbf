// Runs a Node.js handler as AWS Lambda does: asks the Lambda Runtime API for invocations, calls the
// handler with each, and posts what it returns, throws or calls back.
//
// Node.js 18 or later, its standard library only. inlet53 holds this file and gives it to node on
// stdin, with the environment that Lambda documents.
// Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes", "Define
// Lambda function handler in Node.js", "Using the Lambda context object to retrieve Node.js function
// information".
'use strict';

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const url = require('node:url');
const util = require('node:util');

const API = '/2018-06-01/runtime';
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1, noDelay: true });
let requestId = '';

class RuntimeError extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
    this.stack = '';
  }
}

/** Makes one request and resolves to its response's fields and body. */
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

/** A response that is too large ends the connection: the next request makes another. */
async function post(target, text, fields) {
  try {
    await ask('POST', target, Buffer.from(text), fields);
  } catch (error) {
    if (!error.code) throw error;
  }
}

/** An error as JSON and as a header; says it in the log too. */
function describe(error) {
  const known = util.types.isNativeError(error);
  const errorType = known ? error.name : typeof error;
  const errorMessage = known ? error.message : String(error);
  const trace = known ? (error.stack || '').split('\n') : [];
  const payload = JSON.stringify({ errorType, errorMessage, trace });
  const name = error instanceof RuntimeError ? '' : 'Invoke Error \t';
  process.stdout.write(`${new Date().toISOString()}\t${requestId}\tERROR\t${name}${payload}\n`);
  const fields = { 'Lambda-Runtime-Function-Error-Type': errorType.replace(/[^\x20-\x7e]/g, '?') };
  return { payload, fields };
}

/** console.log and its kin write lines as Lambda has them. */
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

/** The function that Handler names: `file.export`, with folders before the file. */
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

/** Calls a handler of either kind: what it returns counts if it is a promise or takes no callback. */
function call(handler, event, context) {
  return new Promise((resolve, reject) => {
    const callback = (error, result) => (error ? reject(error) : resolve(result));
    context.done = callback;
    context.succeed = resolve;
    context.fail = reject;
    const result = handler(event, context, callback);
    if (typeof result?.then === 'function' || handler.length < 3) resolve(result);
  });
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
      const result = await call(handler, JSON.parse(body), makeContext(fields));
      await post(`${target}/response`, marshal(result));
    } catch (error) {
      const described = describe(error);
      await post(`${target}/error`, described.payload, described.fields);
    }
  }
}

/** What nobody catches ends the process; the invocation, or the start, gets to know why. */
async function giveUp(errorType, error) {
  const wrapped = new RuntimeError(errorType, String(error));
  wrapped.stack = error?.stack || '';
  const described = describe(wrapped);
  const target = requestId ? `/invocation/${requestId}/error` : '/init/error';
  // Its own connection: the kept one may be in the middle of something.
  agent.maxSockets = 2;
  await post(target, described.payload, described.fields).finally(() => process.exit(128));
}

async function main() {
  setUpConsole();
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
