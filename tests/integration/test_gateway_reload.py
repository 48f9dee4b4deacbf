# SPDX-License-Identifier: Apache-2.0
"""The gateway's reload and its logs: calls do not wait for a configuration or a disk, and every line is counted."""

import contextlib
import os
import resource
import signal
import subprocess
import time

import pytest

from gateway import API_ID, OPEN_POLICY, UUID, Gateway, mock, read_response, request, status_of
from support import BUILD, DEADLINE, held_file, wait_until

CODE = """
import os, time

def handler(event, context):
    print("began", event["path"])
    while not os.path.exists("release"):
        time.sleep(0.01)
    return {"body": "released"}
"""

APIS = """
[rest_api.hello]
id = "{id}"
vpc_endpoints = ["execute-api"]
policy_file = "policy.json"
[rest_api.hello.stage.v1]
access_log = {{ file = "{access}", format = "$context.requestId $context.resourcePath" }}
execution_log = "{execution}"
{more}
[rest_api.hello.resource."/wait".GET]
integration = {{ type = "AWS_PROXY", function = "wait" }}
[function.wait]
runtime = "python3.11"
handler = "app.handler"
code = "code"
timeout = "60 s"
"""


def apis(access="access.log", execution="execution.log", more="", body="hello"):
    return APIS.format(id=API_ID, access=access, execution=execution, more=more + mock("/hello", body=body))


@pytest.fixture
def gateway(tmp_path):
    """A gateway that is not started."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code/app.py").write_text(CODE)
    (tmp_path / "policy.json").write_text(OPEN_POLICY)
    made = Gateway(tmp_path, apis())
    yield made
    if made.process and made.is_running():
        made.kill()


def large_apis(count, routes, body="hello"):
    """Returns the TOML of additional APIs with some routes each."""
    text = []
    for i in range(count):
        text.append(f"""
[rest_api.large{i}]
id = "{i:010x}"
vpc_endpoints = ["execute-api"]
policy = '''{OPEN_POLICY}'''
[rest_api.large{i}.stage.v1]
""")
        for j in range(routes):
            text.append(f"""[rest_api.large{i}.resource."/r{j}/{{id}}".GET.integration]
type = "MOCK"
request_template = '{{"statusCode": 200}}'
responses = [{{ status_code = 200, template = "{body}" }}]
""")
    return apis(body=body) + "".join(text)


def threads_of(gateway):
    """Returns the names of the daemon's threads with their processor time, in clock ticks."""
    names = {}
    for task in os.scandir(f"/proc/{gateway.process.pid}/task"):
        stat = (open(f"{task.path}/stat").read()).rsplit(")", 1)
        fields = stat[1].split()
        names[stat[0].split("(", 1)[1]] = (int(fields[11]) + int(fields[12]), int(fields[16]))
    return names


#--- Reload

def test_a_reload_runs_on_a_thread_of_low_priority(gateway):
    gateway.write_config(apis=large_apis(50, 20))
    gateway.start()
    before = threads_of(gateway)
    assert before["reload"][1] == 10, "its nice value"
    with gateway.connect() as tls:
        gateway.process.send_signal(signal.SIGHUP)
        calls = 0
        while gateway.messages().count("reloaded ") == 0:
            tls.sendall(request())
            assert status_of(read_response(tls)[0]) == 200
            calls += 1
    assert calls > 0
    after = threads_of(gateway)
    prepared = after["reload"][0] - before["reload"][0]
    assert prepared > 0, "the thread did the work"


def test_a_reload_requested_during_a_reload_reads_the_file_again(gateway):
    gateway.start()
    with held_file(gateway.config_file) as wait_for_reader:
        gateway.process.send_signal(signal.SIGHUP)
        wait_for_reader()
        gateway.config_file.rename(gateway.folder / "held")
        gateway.write_config(apis=apis(body="second"))
        for _ in range(3):
            gateway.process.send_signal(signal.SIGHUP)
        assert gateway.call("/v1/hello").text == "hello"
    wait_until(lambda: gateway.call("/v1/hello").text == "second", "the second file")
    # The first run read an empty file.
    assert gateway.messages().count("reload refused") == 1 and gateway.messages().count("reloaded ") == 1


def test_several_reloads_end_with_the_latest_file(gateway):
    gateway.write_config(apis=large_apis(20, 20, "first"))
    gateway.start()
    for i in range(20):
        gateway.write_config(apis=large_apis(20, 20, f"text {i}"))
        gateway.process.send_signal(signal.SIGHUP)
    wait_until(lambda: gateway.call("/v1/hello").text == "text 19", "the latest file")
    # Requests during a preparation are merged into one.
    assert 1 <= gateway.messages().count("reloaded ") < 20
    assert gateway.stop() == 0


def test_a_faulty_file_among_reloads_keeps_the_state(gateway):
    gateway.start()
    gateway.config_file.write_text("regoin = 1\n")
    gateway.reload(refused=True)
    assert "inlet53.toml:1:" in gateway.messages()
    assert gateway.call("/v1/hello").text == "hello"
    (gateway.folder / "policy.json").write_text("{")
    gateway.write_config()
    gateway.reload(refused=True)
    assert gateway.call("/v1/hello").text == "hello"
    (gateway.folder / "policy.json").write_text(OPEN_POLICY)
    gateway.write_config(apis=apis(access="no/../../../../../../proc/none.log"))
    gateway.reload(refused=True)
    assert "none.log: cannot be opened" in gateway.messages()
    gateway.write_config(apis=apis(body="good"))
    gateway.reload()
    assert gateway.call("/v1/hello").text == "good"


def test_a_reload_names_the_settings_that_need_a_restart(gateway):
    gateway.start()
    said = "these settings change only at a restart"
    text = gateway.config_file.read_text()
    gateway.config_file.write_text(text.replace('authority = "authority"', 'authority = "other"') + "[tcp]\nbacklog = 5\n")
    gateway.reload()
    assert said not in gateway.messages(), "a certificate is taken up, and [tcp] is another daemon's"
    assert (gateway.folder / "other/ca.pem").exists()
    gateway.write_config(gateway="backlog = 5", functions="max_environments = 2")
    gateway.reload()
    assert f"{said}: [gateway] backlog, [lambda] max_environments\n" in gateway.messages()


def test_calls_and_shutdown_do_not_wait_for_a_reload(gateway):
    gateway.start()
    with held_file(gateway.config_file) as wait_for_reader:
        gateway.process.send_signal(signal.SIGHUP)
        wait_for_reader()
        assert gateway.call("/v1/hello").text == "hello"
        assert gateway.stop() == 0
    assert "reloaded " not in gateway.messages() and gateway.messages().rstrip().endswith("ended")


def test_a_removed_working_directory_stops_no_reload(gateway):
    work = gateway.folder / "work"
    work.mkdir()
    here = os.getcwd()
    os.chdir(work)
    try:
        gateway.start()
    finally:
        os.chdir(here)
    work.rmdir()
    gateway.process.send_signal(signal.SIGHUP)
    gateway.wait_message("reloaded ")
    assert "reload refused" not in gateway.messages()
    assert gateway.call("/v1/hello").text == "hello"
    assert gateway.stop() == 0


def test_reloads_free_the_old_states(gateway):
    """A state owns its logs: its files are closed when the last call that began with it has ended."""
    def open_logs():
        files = []
        for one in os.scandir(f"/proc/{gateway.process.pid}/fd"):
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                files.append(os.path.basename(os.readlink(one.path)))
        return sorted(file for file in files if file.startswith("access"))
    gateway.start()
    with gateway.connect() as busy:
        busy.sendall(request("/v1/wait"))
        gateway.wait_line("wait.log", "START RequestId")
        for i in range(4):
            gateway.write_config(apis=apis(f"access{i}.log"))
            gateway.reload()
        wait_until(lambda: open_logs() == ["access.log", "access3.log"], "the end of the states between")
        (gateway.folder / "code/release").touch()
        read_response(busy)
    wait_until(lambda: open_logs() == ["access3.log"], "the end of the first state")


#--- Calls in progress and their logs

def test_calls_in_progress_log_to_the_files_that_they_began_with(gateway):
    gateway.start()
    with gateway.connect() as busy, gateway.connect() as other:
        busy.sendall(request("/v1/wait"))
        gateway.wait_line("wait.log", "START RequestId")
        gateway.write_config(apis=apis("new.log", "new-execution.log"))
        gateway.reload()
        other.sendall(request("/v1/hello"))
        read_response(other)
        (gateway.folder / "code/release").touch()
        assert read_response(busy)[1] == b"released"
    gateway.wait_line("access.log", "/wait")
    gateway.wait_line("execution.log", "Method completed with status: 200")
    gateway.wait_line("new.log", "/hello")
    assert not any("/wait" in line for line in gateway.lines("new.log"))
    assert gateway.stop() == 0
    assert len(gateway.lines("access.log")) == len(gateway.lines("new.log")) == 1
    assert gateway.statistics()["calls"] == 2


def test_the_last_call_of_a_removed_stage_and_function_is_logged(gateway):
    gateway.start()
    with gateway.connect() as busy:
        busy.sendall(request("/v1/wait"))
        gateway.wait_line("wait.log", "START RequestId")
        text = apis().replace("stage.v1", "stage.v2").split("[rest_api.hello.resource.\"/wait\"")[0]
        gateway.write_config(apis=text)
        gateway.reload()
        assert gateway.call("/v1/hello").status == 403
        (gateway.folder / "code/release").touch()
        assert read_response(busy)[1] == b"released"
    gateway.wait_line("access.log", "/wait")
    gateway.wait_line("wait.log", "REPORT RequestId")
    assert gateway.stop() == 0


def test_usr1_opens_the_logs_of_calls_and_functions_again(gateway):
    gateway.start()
    (gateway.folder / "code/release").touch()
    logs = ("access.log", "execution.log", "wait.log")
    first = gateway.call("/v1/wait").headers["x-amzn-requestid"]
    gateway.wait_line("access.log", first)
    wait_until(lambda: any("REPORT" in line for line in gateway.lines("wait.log")), "the function's log")
    for log in logs:
        (gateway.folder / log).rename(gateway.folder / f"{log}.1")
    gateway.process.send_signal(signal.SIGUSR1)
    wait_until(lambda: all((gateway.folder / log).exists() for log in logs), "the new logs")
    second = gateway.call("/v1/wait").headers["x-amzn-requestid"]
    gateway.wait_line("access.log", second)
    wait_until(lambda: any("REPORT" in line for line in gateway.lines("wait.log")), "the function's new log")
    assert len(gateway.lines("access.log")) == len(gateway.lines("access.log.1")) == 1


def test_a_removed_log_directory_is_created_again(gateway):
    gateway.write_config(apis=apis("logs/access.log"))
    gateway.start()
    gateway.call("/v1/hello")
    gateway.wait_line("logs/access.log", "/hello")
    (gateway.folder / "logs/access.log").unlink()
    (gateway.folder / "logs").rmdir()
    request_id = gateway.call("/v1/hello").headers["x-amzn-requestid"]
    gateway.wait_line("logs/access.log", request_id)


#--- Slow and failing disks

def count_lines(gateway, calls_expected):
    """Checks that every line of an access log without execution log and functions is counted as written or dropped."""
    counts = gateway.statistics()
    assert counts["calls"] == calls_expected
    assert counts["log_lines_waiting"] == 0
    assert counts["log_lines"] + counts["log_lines_dropped_full"] + counts["log_lines_dropped_disk"] == calls_expected
    return counts


def access_log_alone(path, more=""):
    text = apis(path).replace('execution_log = "execution.log"\n', "")
    return text.replace("$context.requestId $context.resourcePath", "$context.requestId " + more)


def make_calls(gateway, count):
    """Makes calls over one connection, and returns the longest of their times in seconds."""
    longest = 0
    with gateway.connect() as tls:
        for _ in range(count):
            begin = time.monotonic()
            tls.sendall(request())
            assert status_of(read_response(tls)[0]) == 200
            longest = max(longest, time.monotonic() - begin)
    return longest


def test_calls_go_on_while_a_fifo_is_not_read(gateway):
    fifo = gateway.folder / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        # 256 KiB are one log's share; a line has 8 KiB.
        gateway.write_config(apis=access_log_alone("fifo", "x" * 8000), gateway='log_buffer = "1 MiB"')
        gateway.start()
        make_calls(gateway, 100)
        wait_until(lambda: "dropped: the file takes lines too slowly" in gateway.messages(), "a report")
        begin = time.monotonic()
        assert gateway.stop() == 0
        assert time.monotonic() - begin < DEADLINE / 2
        text = b""
        while piece := os.read(reader, 65536):
            text += piece
    finally:
        os.close(reader)
    counts = count_lines(gateway, 100)
    assert counts["log_lines"] == text.count(b"\n")
    assert counts["log_lines_dropped_full"] > 0 and counts["log_lines_dropped_disk"] > 0


def test_a_fifo_that_is_read_again_gets_the_waiting_lines(gateway):
    fifo = gateway.folder / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    gateway.write_config(apis=access_log_alone("fifo", "x" * 8000), gateway='log_buffer = "4 MiB"')
    gateway.start()
    make_calls(gateway, 60)
    text = bytearray()

    def read():
        try:
            while piece := os.read(reader, 65536):
                text.extend(piece)
        except BlockingIOError:
            pass
        return text.count(b"\n") == 60
    wait_until(read, "60 lines")
    assert gateway.stop() == 0
    os.close(reader)
    assert count_lines(gateway, 60)["log_lines"] == 60


def test_a_fifo_without_a_reader_prevents_the_start(gateway):
    os.mkfifo(gateway.folder / "fifo")
    gateway.write_config(apis=access_log_alone("fifo"))
    with pytest.raises(AssertionError):
        gateway.start()
    assert gateway.process.wait(DEADLINE) == 3
    assert "fifo: cannot be opened: no process reads it" in gateway.messages()


def test_lines_for_a_full_disk_are_counted(gateway):
    gateway.write_config(apis=access_log_alone("/dev/full", "x" * 8000), gateway='log_buffer = "1 MiB"')
    gateway.start()
    make_calls(gateway, 50)
    gateway.wait_message("/dev/full: cannot be written, tried again every 100 ms: No space left on device")
    make_calls(gateway, 50)
    gateway.wait_message("dropped: the file cannot be written")
    assert gateway.stop() == 0
    counts = count_lines(gateway, 100)
    assert counts["log_lines"] == 0 and counts["log_lines_dropped_disk"] > 0


def test_calls_go_on_while_stderr_is_not_read(gateway):
    """Function logs without a directory go to stderr, which is a full pipe here."""
    ends = os.pipe()
    code = (gateway.folder / "code/app.py").read_text().replace("print(", "print('x' * 200000, ")
    (gateway.folder / "code/app.py").write_text(code)
    (gateway.folder / "code/release").touch()
    text = gateway.config_file.read_text().replace('log_folder = "."', "")
    gateway.config_file.write_text(text)
    gateway.process = subprocess.Popen([BUILD / "inlet53-gateway", "--config", gateway.config_file], stderr=ends[1])
    os.close(ends[1])
    said = b""
    while said.count(b"serving") < 3:
        said += os.read(ends[0], 65536)
    for _ in range(5):
        assert gateway.call("/v1/wait").text == "released"
    assert gateway.call("/v1/hello").text == "hello"
    gateway.kill()
    os.close(ends[0])


def test_a_function_s_log_that_cannot_be_opened_is_tried_again(gateway):
    (gateway.folder / "code/release").touch()
    text = gateway.config_file.read_text().replace('log_folder = "."', 'log_folder = "logs"')
    gateway.config_file.write_text(text)
    (gateway.folder / "logs").write_text("a file, so that no directory can be made")
    gateway.start()
    gateway.wait_message("wait.log: cannot be written, tried again every 100 ms: it cannot be opened: its directory")
    assert gateway.call("/v1/wait").text == "released"
    (gateway.folder / "logs").unlink()
    gateway.wait_line("logs/wait.log", "began /wait")
    assert gateway.stop() == 0
    counts = gateway.statistics()
    assert counts["log_lines_dropped_full"] == counts["log_lines_dropped_disk"] == 0


def test_a_disk_that_is_full_for_a_while_loses_no_line(gateway):
    """A limit of the file's size, which prlimit sets and removes, simulates the full disk. The log already has lines,
    so that the operator log stays below the limit."""
    before = ["x" * 99] * 1000
    (gateway.folder / "access.log").write_text("".join(line + "\n" for line in before))
    gateway.write_config(apis=access_log_alone("access.log"))
    gateway.start()
    pid = gateway.process.pid
    limits = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (100_000 + 100, limits[1]))
    make_calls(gateway, 10)
    gateway.wait_message("access.log: cannot be written, tried again every 100 ms: File too large")
    resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
    gateway.wait_message("access.log: is written again; 0 lines were dropped meanwhile")
    assert gateway.stop() == 0
    lines = gateway.lines("access.log")[1000:]
    assert len(lines) == len(set(lines)) == 10 and all(UUID.fullmatch(line.strip()) for line in lines)
    assert count_lines(gateway, 10)["log_lines"] == 10
