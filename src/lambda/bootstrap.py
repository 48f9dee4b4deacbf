# SPDX-License-Identifier: Apache-2.0
"""Runs a Python handler as AWS Lambda does: requests invocations from the Lambda Runtime API, calls
the handler with each, and posts its result or error.

Needs Python 3.9 or later and only its standard library. inlet53 contains this file and passes it to
the interpreter on stdin, with the environment that Lambda documents.
Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes", "Define Lambda
function handler in Python", "Using the Lambda context object to retrieve Python function
information".
"""

import decimal
import importlib
import json
import logging
import os
import socket
import sys
import time
import traceback

API = "/2018-06-01/runtime"
LARGEST_READ = 1 << 16


class RuntimeFault(Exception):
    """Error that the runtime itself reports: type, message and stack trace."""

    def __init__(self, error_type, message, stack_trace=()):
        super().__init__(message)
        self.error_type = error_type
        self.stack_trace = list(stack_trace)


class RuntimeApi:
    """Persistent connection to the Runtime API. http.client parses header fields as mail, which
    would cost several times the rest of an invocation."""

    def __init__(self, authority):
        self.authority = authority
        host, _, port = authority.rpartition(":")
        self.address = (host, int(port))
        self.socket = None
        self.received = b""

    def connect(self):
        self.socket = socket.create_connection(self.address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""

    def get(self, path):
        return f"GET {API}{path} HTTP/1.1\r\nHost: {self.authority}\r\n\r\n".encode("ascii")

    def post(self, path, body, error_type=None):
        kind = f"Lambda-Runtime-Function-Error-Type: {error_type}\r\n" if error_type else ""
        head = (f"POST {API}{path} HTTP/1.1\r\nHost: {self.authority}\r\n{kind}"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n")
        return head.encode("latin-1", "replace") + body

    def exchange(self, *requests):
        """Sends requests in one write and returns the last one's fields (names in lower case) and
        body. When the connection ends early, for example after a response that was too large, sends
        the last request again on a new one."""
        try:
            self.socket.sendall(b"".join(requests))
            for _ in requests:
                answer = self.read()
            return answer
        except OSError:
            self.connect()
            self.socket.sendall(requests[-1])
            return self.read()

    def read(self):
        end = self.received.find(b"\r\n\r\n")
        while end < 0:
            self.receive()
            end = self.received.find(b"\r\n\r\n")
        lines = self.received[:end].decode("latin-1").split("\r\n")
        fields = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        size = end + 4 + int(fields.get("content-length", "0"))
        if len(self.received) < size:
            self.receive_up_to(size)
        body, self.received = self.received[end + 4:size], self.received[size:]
        return fields, body

    def receive(self):
        octets = self.socket.recv(LARGEST_READ)
        if not octets:
            raise ConnectionError("the Runtime API closed the connection")
        self.received += octets

    def receive_up_to(self, size):
        pieces, length = [self.received], len(self.received)
        while length < size:
            self.received = b""
            self.receive()
            pieces.append(self.received)
            length += len(self.received)
        self.received = b"".join(pieces)


class CognitoIdentity:
    def __init__(self, fields):
        self.cognito_identity_id = fields.get("cognitoIdentityId")
        self.cognito_identity_pool_id = fields.get("cognitoIdentityPoolId")


class LambdaContext:
    """Second argument of the handler."""

    function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
    function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
    memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
    log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
    log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
    client_context = None

    def __init__(self, fields):
        self.aws_request_id = fields.get("lambda-runtime-aws-request-id", "")
        self.invoked_function_arn = fields.get("lambda-runtime-invoked-function-arn", "")
        self.identity = CognitoIdentity(
            json.loads(fields.get("lambda-runtime-cognito-identity") or "{}"))
        self._deadline_ms = int(fields.get("lambda-runtime-deadline-ms") or 0)

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, text):
        sys.stdout.write(str(text))

    def __repr__(self):
        return f"LambdaContext([aws_request_id={self.aws_request_id}])"


class RequestIdFilter(logging.Filter):
    """Adds the id of the current invocation to log records."""

    request_id = ""

    def filter(self, record):
        record.aws_request_id = self.request_id
        return True


def set_up_logging():
    handler = logging.StreamHandler(sys.stdout)
    formatter = logging.Formatter(
        "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s",
        "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    handler.addFilter(RequestIdFilter())
    logging.getLogger().addHandler(handler)


def load_handler(name):
    """Returns the function of a Handler: `module.function`, with slashes between directories."""
    path, dot, function = name.rpartition(".")
    if not dot or not path or not function:
        raise RuntimeFault("Runtime.MalformedHandlerName",
                            f"Bad handler '{name}': it is not of the form module.function")
    module_name = path.replace("/", ".")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise RuntimeFault("Runtime.ImportModuleError",
                            f"Unable to import module '{path}': {error}") from None
    except SyntaxError as error:
        where = f'  File "{error.filename}" Line {error.lineno}\n    {(error.text or "").strip()}\n'
        raise RuntimeFault("Runtime.UserCodeSyntaxError",
                            f"Syntax error in module '{path}': {error}", [where]) from None
    try:
        return getattr(module, function)
    except AttributeError:
        raise RuntimeFault("Runtime.HandlerNotFound",
                            f"Handler '{function}' missing on module '{path}'") from None


def stack_of(error):
    """Returns the error's stack without the frames of this file and of the import system."""
    frames = traceback.extract_tb(error.__traceback__)
    own = (stack_of.__code__.co_filename, "<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>",
           importlib.__file__)
    while frames and frames[0].filename in own:
        del frames[0]
    return traceback.format_list(frames)


def describe(error, request_id):
    """Returns an error as (type, JSON), and logs it."""
    if isinstance(error, RuntimeFault):
        error_type, stack_trace = error.error_type, error.stack_trace
    else:
        error_type, stack_trace = type(error).__name__, stack_of(error)
    text = f"[ERROR] {error_type}: {error}"
    if stack_trace:
        text += "\nTraceback (most recent call last):\n" + "".join(stack_trace).rstrip("\n")
    print(text)
    payload = {"errorMessage": str(error), "errorType": error_type, "requestId": request_id,
               "stackTrace": stack_trace}
    return error_type, json.dumps(payload).encode("ascii")


def serialize_decimal(value):
    if isinstance(value, decimal.Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def marshal(result):
    try:
        return json.dumps(result, ensure_ascii=False, default=serialize_decimal).encode("utf-8")
    except Exception as error:
        raise RuntimeFault("Runtime.MarshalError",
                            f"Unable to marshal response: {error}") from None


def unmarshal(body):
    try:
        return json.loads(body)
    except ValueError as error:
        raise RuntimeFault("Runtime.UnmarshalError",
                            f"Unable to unmarshal input: {error}") from None


def call(api, handler, fields, body):
    """Returns the request that reports the result of the invocation. A BaseException that is not
    an Exception (sys.exit) ends the process, and with it the invocation."""
    request_id = fields.get("lambda-runtime-aws-request-id", "")
    path = f"/invocation/{request_id}"
    try:
        return api.post(path + "/response",
                        marshal(handler(unmarshal(body), LambdaContext(fields))))
    except Exception as error:
        error_type, payload = describe(error, request_id)
        return api.post(path + "/error", payload, error_type)


def main():
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    sys.stderr.reconfigure(errors="backslashreplace", line_buffering=True)
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    sys.argv = [""]
    set_up_logging()
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    api.connect()
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as error:
        error_type, payload = describe(error, "")
        sys.stdout.flush()
        api.exchange(api.post("/init/error", payload, error_type))
        sys.exit(1)

    following = api.get("/invocation/next")
    fields, body = api.exchange(following)
    while "lambda-runtime-aws-request-id" in fields:
        RequestIdFilter.request_id = fields["lambda-runtime-aws-request-id"]
        trace_id = fields.get("lambda-runtime-trace-id")
        if trace_id:
            os.environ["_X_AMZN_TRACE_ID"] = trace_id
        outcome = call(api, handler, fields, body)
        sys.stdout.flush()
        sys.stderr.flush()
        # Both in one write, so that a warm invocation costs one write each way.
        fields, body = api.exchange(outcome, following)
    sys.exit(f"the Runtime API gave no invocation: {body.decode('utf-8', 'replace')}")


main()
