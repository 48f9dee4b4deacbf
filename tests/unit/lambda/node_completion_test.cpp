// SPDX-License-Identifier: Apache-2.0

// Completion of an invocation by a Node.js handler: with its promise, its callback, its context or
// its response stream.
#include "lambda_support.h"
#include <gtest/gtest.h>

namespace inlet53::lambda {
namespace {

/// Runs `exports.handler = TEXT` once. Returns the response, or `TYPE: MESSAGE` of the error.
std::string complete(const std::string& text) {
  OneFunction hello("nodejs20.x", "index.handler");
  hello.code("index.js", "exports.handler = " + text + ";\n");
  const Outcome outcome = hello.call();
  if (outcome.kind == OutcomeKind::Response) return outcome.payload;
  const Json json = Json::parse(outcome.payload, nullptr, false);
  if (!json.contains("errorType")) return outcome.payload;
  return json["errorType"].get<std::string>() + ": " + json["errorMessage"].get<std::string>();
}

TEST(NodeCompletion, ComesFromTheContextAtAnyTime) {
  EXPECT_EQ(complete("(e, c) => { setTimeout(() => c.succeed('later'), 1); }"), "\"later\"");
  EXPECT_EQ(complete("(e, c) => { setTimeout(() => c.done(null, 'later'), 1); }"), "\"later\"");
  EXPECT_EQ(complete("(e, c) => { setTimeout(() => c.fail(new Error('no')), 1); }"), "Error: no");
  EXPECT_EQ(complete("(e, c) => { setTimeout(() => c.done('no'), 1); }"), "string: no");
  EXPECT_EQ(complete("(e, c) => c.fail()"), "string: handled");
}

TEST(NodeCompletion, ComesFromACallbackThatIsNoDeclaredParameter) {
  EXPECT_EQ(complete("(...a) => { setTimeout(() => a[2](null, 'rest'), 1); }"), "\"rest\"");
  EXPECT_EQ(complete("function () { setTimeout(() => arguments[2](null, 'third'), 1); }"),
            "\"third\"");
  EXPECT_EQ(complete("(e, c, back = () => {}) => { setTimeout(() => back(null, 'given'), 1); }"),
            "\"given\"");
  EXPECT_EQ(complete("(e, c, back) => back(false)"), "boolean: false");
}

TEST(NodeCompletion, IgnoresAReturnValueThatIsNotAPromise) {
  EXPECT_EQ(complete("(e) => ({ statusCode: 200 })"), "null");
  EXPECT_EQ(complete("(e, c) => { setTimeout(() => c.succeed('later'), 1); return 'now'; }"),
            "\"later\"");
  EXPECT_EQ(complete("(e) => Promise.resolve('kept')"), "\"kept\"");
  EXPECT_EQ(complete("(e) => ({ then(resolve) { resolve('thenable'); } })"), "\"thenable\"");
  EXPECT_EQ(complete("(e) => Promise.reject(new TypeError('no'))"), "TypeError: no");
}

TEST(NodeCompletion, IsNullWhenTheEventLoopEndsWithoutIt) {
  EXPECT_EQ(complete("(e, c, back) => {}"), "null");
  EXPECT_EQ(complete("() => new Promise(() => {})"), "null");
  EXPECT_EQ(complete("async () => { await new Promise(() => {}); }"),
            "Runtime.NodeJsExit: The event loop is empty, but the promise of the handler is not "
            "settled.");
}

TEST(NodeCompletion, CountsOnce) {
  EXPECT_EQ(complete("(e, c, back) => { c.succeed(1); back(new Error('no')); c.done(null, 2); }"),
            "1");
  EXPECT_EQ(complete("async (e, c, back) => { back(null, 'first'); return 'second'; }"),
            "\"first\"");
}

// The timer changes the result, which is serialized when the invocation completes.
TEST(NodeCompletion, OfACallbackWaitsForTheEventLoop) {
  const std::string changes = "const result = [1]; setTimeout(() => result.push(2), 50);";
  EXPECT_EQ(complete("(e, c, back) => { " + changes + " back(null, result); }"), "[1,2]");
  EXPECT_EQ(complete("(e, c, back) => { c.callbackWaitsForEmptyEventLoop = false; " + changes +
                     " back(null, result); }"),
            "[1]");
  EXPECT_EQ(complete("(e, c) => { " + changes + " c.succeed(result); }"), "[1]");
  EXPECT_EQ(complete("(e, c) => { " + changes + " c.done(null, result); }"), "[1]");
  EXPECT_EQ(complete("async () => { " + changes + " return result; }"), "[1]");
}

// aws-serverless-express does this: its server keeps the event loop busy forever.
TEST(NodeCompletion, ReachesTheNextInvocationBesideAServer) {
  OneFunction hello("nodejs20.x", "index.handler");
  hello.code("index.js", R"(
const server = require('http').createServer((request, response) => response.end(request.url));
server.listen(0, '127.0.0.1');
const ask = (context) => {
  require('http').get({ port: server.address().port, path: '/hi' }, (response) => {
    response.on('data', (data) => context.succeed({ body: String(data) }));
  });
};
exports.handler = (event, context) => {
  server.listening ? ask(context) : server.on('listening', () => ask(context));
};
)");
  EXPECT_EQ(hello.call_for_json(), (Json{{"body", "/hi"}}));
  EXPECT_EQ(hello.call_for_json(), (Json{{"body", "/hi"}}));
  EXPECT_EQ(hello.service->counts().cold_starts, 1U);
}

std::string stream(const std::string& text) {
  return complete("awslambda.streamifyResponse(" + text + ")");
}

TEST(NodeStreaming, ReturnsTheWholeOutput) {
  EXPECT_EQ(
      stream("async (e, out) => { out.write('{\"a\":'); setTimeout(() => out.end('1}'), 1); }"),
      "{\"a\":1}");
  EXPECT_EQ(stream("async (e, out) => { out.write({ a: 2 }); out.end(); }"), "{\"a\":2}");
}

TEST(NodeStreaming, ReturnsAProxyResponseForHttp) {
  const auto http = [](const std::string& prelude, const std::string& body) {
    const std::string text = stream("async (e, out) => awslambda.HttpResponseStream.from(out, " +
                                    prelude + ").end(" + body + ") && undefined");
    return Json::parse(text, nullptr, false);
  };
  EXPECT_EQ(http("{ statusCode: 201, headers: { 'X-A': 'b' }, cookies: ['c=1', 'd=2'] }", "'é'"),
            (Json{{"statusCode", 201},
                  {"headers", {{"X-A", "b"}}},
                  {"multiValueHeaders", {{"Set-Cookie", {"c=1", "d=2"}}}},
                  {"isBase64Encoded", false},
                  {"body", "é"}}));
  EXPECT_EQ(http("{ statusCode: 204 }", ""),
            (Json{{"statusCode", 204}, {"isBase64Encoded", false}, {"body", ""}}));
  EXPECT_EQ(http("{ statusCode: 200 }", "Buffer.from([255, 0])"),
            (Json{{"statusCode", 200}, {"isBase64Encoded", true}, {"body", "/wA="}}));
}

TEST(NodeStreaming, ReportsErrors) {
  EXPECT_EQ(stream("async (e, out) => { out.write('part'); }"),
            "string: Response stream is not finished.");
  EXPECT_EQ(stream("(e, out) => { out.end('all'); }"),
            "string: Streaming does not support non-async handlers.");
  EXPECT_EQ(stream("async (e, out) => { out.write('part'); throw new Error('mid'); }"),
            "Error: mid");
  EXPECT_EQ(stream("async (e, out) => { out.destroy(new Error('gone')); throw new Error('mid'); }"),
            "Error: mid");
  EXPECT_EQ(stream("async (e, out) => { out.write('part'); out.setContentType('text/plain'); }"),
            "Runtime.InvalidStreamingOperation: Cannot set content-type, too late.");
}

}  // namespace
}  // namespace inlet53::lambda
