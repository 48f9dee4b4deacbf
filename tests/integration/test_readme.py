# SPDX-License-Identifier: Apache-2.0
"""README.md, CONTRIBUTING.md and the pages in conf/: a test runs each indented block, or lists it with the reason."""

import contextlib
import json
import re
import shlex
import signal
import subprocess

import pytest

from encrypted import EncryptedDaemon
from support import BUILD, DEADLINE, SOURCE, Daemon, free_endpoint, wait_until
from test_demo import demo, own_ports

PAGES = [SOURCE / "README.md", SOURCE / "CONTRIBUTING.md", *sorted((SOURCE / "conf").glob("*.md"))]
MAX_WORDS = 1200  # of README.md
NOT_RUN = {
    "make demo      #": "test_demo.py runs the demo; make test runs this test",
    "make deps       #": "test_deps.py runs .ci/deps; make test runs this test and the lint",
}


def blocks():
    """Returns the indented blocks of all pages, without their indentation. Lists have none."""
    return [text for page in PAGES for text in blocks_of(page)]


def blocks_of(page):
    found, block, may_begin = [], [], True
    for line in [*page.read_text().splitlines(), "end"]:
        if line.startswith("    ") and (block or may_begin):
            block.append(line[4:])
        elif line == "" and block:
            block.append("")
        elif block:
            found.append("\n".join(block).rstrip("\n"))
            block = []
        may_begin = line == ""
    return found


def block(beginning):
    """Returns the block with this beginning. The test of the block is its entry in RUN."""
    one, = [text for text in blocks() if text.startswith(beginning)]
    return one


def commands(text):
    """Returns the commands of a block: continued lines are joined, comments are removed."""
    lines = text.replace("\\\n", " ").splitlines()
    return [shlex.split(re.sub(r"\s+#.*", "", line)) for line in lines if line.strip()]


def placed(command, **places):
    """Returns a command with the paths of the test instead of those of the page."""
    words = [re.sub(r"^build/", f"{BUILD}/", word) for word in command]
    return [places.get(word, word) for word in words]


def run(command, cwd=SOURCE, **options):
    return subprocess.run(command, cwd=cwd, text=True, capture_output=True, timeout=DEADLINE, **options)


@contextlib.contextmanager
def running(command, said):
    """Runs a program that TERM ends with 0; its output goes to the file `said`."""
    with open(said, "wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file)
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE) == 0, said.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(DEADLINE)


def wait_serving(process, said, lines=1):
    def serves():
        assert process.poll() is None, said.read_text()
        return said.read_text().count(": serving ") >= lines
    wait_until(serves, "the daemons to serve")


@pytest.fixture
def daemon(tmp_path):
    """A daemon that is not started."""
    made = Daemon(tmp_path, more='[control]\nsocket = "control.sock"\n')
    yield made
    if made.process and made.process.poll() is None:
        assert made.stop() == 0, made.messages()


def check(folder, text):
    """Runs `inlet53 check` with a configuration."""
    (folder / "checked.toml").write_text(text)
    return run([BUILD / "inlet53", "check", "checked.toml"], folder)


#--- The demo

def as_on_the_page(text):
    """Returns output with the demo's ports, and without values that differ between runs."""
    for ours, theirs in ((r"(?<=\$ )\S*inlet53 up \S+", "build/inlet53 up conf/demo.toml"),
                         (r"--cacert \S+", "--cacert build/demo/ca/ca.pem"), (r"-p \d+", "-p 5300"),
                         (r"(127\.0\.53\.[12]):\d+", r"\1:5300"), (r"(127\.0\.53\.1[123]):\d+", r"\1:8443"),
                         (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"), (r"\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d", "TIME"),
                         (r'"srcport":"\d+"', "PORT"), (r"10\.0\.(140\.226|12\.179)", "ADDRESS")):
        text = re.sub(ours, theirs, text)
    return [line.strip() for line in text.splitlines() if line.strip()]


def check_demo(tmp_path):
    """Each line of the page is in the output, in the same order."""
    said = demo(own_ports(tmp_path))
    assert said.returncode == 0, said.stdout + said.stderr
    for beginning in ("$ build/inlet53 up conf/demo.toml", '{"version"'):
        output = [re.sub(r"^log +", "", line) for line in as_on_the_page(said.stdout)]
        for line in as_on_the_page(block(beginning)):
            if line == "…":
                continue
            assert line in output, line
            output = output[output.index(line) + 1:]


#--- Your own network

def check_init(tmp_path):
    """init, check and up, then dig and both formats of logs tail, with other ports."""
    listed = commands(block("build/inlet53 init my.toml"))
    init, check_it, up = [placed(command) for command in listed]
    assert run(init, tmp_path).returncode == 0
    file = tmp_path / "my.toml"
    text, endpoints = file.read_text(), {}
    for listen in ("127.0.53.1:5300", "127.0.53.2:5300"):
        endpoints[listen] = "%s:%d" % free_endpoint(listen.split(":")[0])
        assert listen in text
        text = text.replace(listen, endpoints[listen])
    file.write_text(text)
    done = run(check_it, tmp_path)
    assert done.returncode == 0, done.stderr
    said, seen = tmp_path / "said", tmp_path / "seen"
    with running(placed(up, **{"my.toml": file}), said) as process:
        wait_serving(process, said, 2)
        command, = commands(block("dig @127.0.53.1 -p 5300 abcdefghij"))
        assert command[:4] == ["dig", "@127.0.53.1", "-p", "5300"]
        port = endpoints["127.0.53.1:5300"].split(":")[1]
        asked = run([*command[:3], port, *command[4:], "+time=60"])
        assert "10.0.12.179" in asked.stdout and "10.0.140.226" in asked.stdout, asked.stdout
        tail, filtered = [placed(command, **{"my.toml": file})
                          for command in commands(block("build/inlet53 logs tail --config my.toml -f"))]
        with running(tail, seen):
            wait_until(lambda: "abcdefghij" in seen.read_text(), "the query in the log")
        filtered = run(filtered)
        assert filtered.returncode == 0 and filtered.stdout == "", filtered.stdout + filtered.stderr


#--- Operation

def check_running(tmp_path):
    """check, up and logs tail -f, with the demo's file and free ports."""
    config = own_ports(tmp_path)
    listed = commands(block("build/inlet53 check conf/demo.toml"))
    check_it, up, tail = [placed(command, **{"conf/demo.toml": config}) for command in listed]
    done = run(check_it)
    assert done.returncode == 0, done.stderr
    said, seen = tmp_path / "said", tmp_path / "seen"
    with running(up, said) as process:
        wait_serving(process, said, 5)
        at = re.search(r" at (127\.0\.53\.1:\d+) \(UDP", said.read_text())
        with running(tail, seen):
            asked = run([BUILD / "inlet53", "bench", at[1], "--queries", "1", "--timeout", "60"])
            assert asked.returncode == 0, asked.stdout + asked.stderr
            wait_until(lambda: "NOERROR" in seen.read_text(), "the query in the log")


def check_daemons(tmp_path):
    """Each daemon alone, once without and once with the options in brackets."""
    config = own_ports(tmp_path)
    for line in block("build/inlet53d --config FILE").splitlines():
        for text in {re.sub(r"\[.*?\]", "", line).strip(), re.sub(r"[\[\]]|\|off", "", line)}:
            command = placed(shlex.split(text.replace("--query-log FILE", f"--query-log {tmp_path}/other.log")),
                             FILE=config, N="1", LIST="0")
            said = tmp_path / "said"
            with running(command, said) as process:
                wait_serving(process, said)


#--- Forwarding

def check_forwarding(tmp_path, daemon):
    """The rule in a configuration whose VPC is called main; … stands for the other keys of an endpoint."""
    daemon.start().stop()
    rest = 'security_groups = ["resolver"]\n[[resolver_endpoint.outbound.ip_address]]\nsubnet = "private-a"\n' \
           'address = "10.0.10.11"\n[[resolver_endpoint.outbound.ip_address]]\nsubnet = "private-b"\n' \
           'address = "10.0.150.11"'
    rule = block("[resolver_endpoint.outbound]").replace("…", rest).replace('"main"', '"demo"')
    done = check(tmp_path, daemon.config_file.read_text() + rule)
    assert done.returncode == 0, done.stderr
    assert rest not in block("[resolver_endpoint.outbound]")


def check_cache_flush(tmp_path, daemon):
    daemon.start()
    line = block("inlet53 cache flush www.partner.example")
    command, = commands(line)
    assert run(placed(command, inlet53=BUILD / "inlet53", FILE=daemon.config_file)).returncode == 0
    for words in ("--subtree", "--all"):
        assert words in line
    name = command.index("www.partner.example")
    for more in ([*command[:name + 1], "--subtree", *command[name + 1:]],
                 [*command[:name], "--all", *command[name + 1:]]):
        done = run(placed(more, inlet53=BUILD / "inlet53", FILE=daemon.config_file))
        assert done.returncode == 0, done.stderr


def check_explain(tmp_path, daemon):
    command, = commands(block("inlet53 explain www.corp.internal"))
    done = run(placed(command, inlet53=BUILD / "inlet53", FILE=daemon.config_file))
    assert done.returncode == 0 and "response NOERROR" in done.stdout, done.stderr


def check_control(tmp_path, daemon):
    """Each command of the two blocks about control, against a daemon with a socket of its own."""
    daemon.start()
    socket = daemon.folder / "control.sock"
    for command in commands(block("curl --unix-socket FILE.sock http://inlet53/v1/status")):
        done = run([str(socket) if word == "FILE.sock" else word for word in command])
        assert done.returncode == 0 and json.loads(done.stdout), done.stderr
    for command in commands(block("inlet53 status --config FILE")):
        done = run(placed(command, inlet53=BUILD / "inlet53", FILE=daemon.config_file))
        assert done.returncode == 0, done.stderr
    assert daemon.process.wait(DEADLINE) == 0  # the last one stops it


def check_unbound(tmp_path):
    """The block is a part of the recipe that test_forwarders.py runs."""
    words = block("forward-zone:").split()
    recipe = (SOURCE / "conf/forwarders/unbound.conf").read_text().split()
    assert any(recipe[at:at + len(words)] == words for at in range(len(recipe)))


#--- Over TLS and HTTPS

def check_encrypted(tmp_path):
    """The lines in a configuration, and the clients."""
    listens = {name: "%s:%d" % free_endpoint() for name in ("listen", "listen_dot", "listen_doh")}
    text = block("[resolver_endpoint.inbound]\nprotocols")
    for name, endpoint in listens.items():
        text, count = re.subn(rf'^{name} = "\S+"', f'{name} = "{endpoint}"', text, flags=re.M)
        assert count == 1
    head, address = text.split("\n\n")
    daemon = EncryptedDaemon(tmp_path)
    daemon.values["zone"] = "own.zone"
    (tmp_path / "own.zone").write_text(daemon.zone_file.read_text() + "db A 127.0.0.40\n")
    daemon.write_config()
    mine = daemon.config_file.read_text()
    assert head.splitlines()[1].split("#")[0].strip() in mine
    daemon.config_file.write_text(mine.replace("[vpc_endpoint.execute-api]\n",
                                               f'{address}\nsubnet = "private-a"\n\n[vpc_endpoint.execute-api]\n', 1))
    daemon.start()
    for command in commands(block("kdig @127.0.54.1 -p 8853")):
        line = shlex.join(command).replace("authority/ca.pem", str(daemon.authority))
        for port, name in (("8853", "listen_dot"), ("8443", "listen_doh")):
            host, _, served = listens[name].partition(":")
            line = line.replace(f"@127.0.54.1 -p {port}", f"@{host} -p {served}")
            line = line.replace(f"127.0.54.1:{port}", f"{host}:{served}")
        command = shlex.split(line)
        if command[0] == "curl":  # no server listens at the resolved address; the message shows it
            command.append("--verbose")
        done = run(command)
        assert "127.0.0.40" in done.stdout + done.stderr, line + done.stdout + done.stderr
    assert daemon.stop() == 0


#--- The gateway

def check_ca(tmp_path):
    """Shows the authority of the demo's file, in a directory of the test."""
    config = own_ports(tmp_path)
    for beginning in ("build/inlet53 ca --config conf/demo.toml", "inlet53 ca --config FILE"):
        command, = commands(block(beginning))
        done = run(placed(command, inlet53=BUILD / "inlet53", FILE=config, **{"conf/demo.toml": config}))
        assert done.returncode == 0 and str(tmp_path / "ca/ca.pem") in done.stdout, done.stdout + done.stderr


def check_rest_api(tmp_path):
    """In the demo's file, instead of its own API."""
    text = own_ports(tmp_path).read_text()
    (tmp_path / "policy.json").write_text((SOURCE / "conf/demo/policy.json").read_text())
    begin = text.index("[rest_api.hello]")
    end = text.index("[hosted_zone.")
    api = block("[rest_api.hello]").replace('"conf/demo/hello"', f'"{SOURCE}/conf/demo/hello"')
    assert "conf/demo/hello" in api
    done = check(tmp_path, text[:begin] + api + "\n\n" + text[end:])
    assert done.returncode == 0, done.stderr


#--- bench

def check_bench(tmp_path):
    """With shorter times, at the ports of a daemon of the test."""
    text = (SOURCE / "conf/load-benchmark.toml").read_text()
    endpoint = "%s:%d" % free_endpoint("127.0.53.1")
    other = "%s:%d" % free_endpoint("127.0.53.2")
    text = text.replace("127.0.53.1:5300", endpoint).replace("127.0.53.2:5300", other)
    text = re.sub(r'file = "(?=[^"]*\.log")[^"]*/', 'file = "', text).replace("../zones/", f"{SOURCE}/zones/")
    config, names = tmp_path / "load.toml", tmp_path / "names"
    config.write_text(text)
    names.write_text("dligg9dxuk.execute-api.eu-west-1.amazonaws.com A\n")
    said = tmp_path / "said"
    with running([BUILD / "inlet53d", "--config", config], said) as process:
        wait_serving(process, said)
        for command in commands(block("build/inlet53 bench 127.0.53.1:5300 ")):
            command = placed(command, **{"127.0.53.1:5300": endpoint, "conf/load-benchmark.toml": config, "FILE": names})
            command = command[:command.index("--seconds")] if "--seconds" in command else command
            done = run([*command, "--queries", "200", "--timeout", "60"])
            assert done.returncode == 0, done.stdout + done.stderr
            if "json" in command:
                assert json.loads(done.stdout)["answered"] == 200


#--- policy explain

POLICY = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke",
      "Resource": "execute-api:/*"
    },
    {
      "Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*",
      "Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    }
  ]
}
"""


def check_policy(tmp_path):
    """The output for a policy with the common error; … stands for the omitted part."""
    (tmp_path / "policy.json").write_text(POLICY)
    text = block("$ build/inlet53 policy explain")
    prompt, said = re.match(r"\$ ((?:[^\n]*\\\n)*[^\n]*)\n(.*)", text, re.S).groups()
    command, = commands(prompt)
    done = run(placed(command), tmp_path)
    assert done.returncode == 1, done.stderr
    output = done.stdout
    for part in said.split("…"):
        part = part.strip()
        at = " ".join(output.split()).find(" ".join(part.split()))
        assert at >= 0, f"{part!r} is not in\n{output}"


#--- All blocks

RUN = {
    "$ build/inlet53 up conf/demo.toml": check_demo,
    '{"version"': check_demo,
    "build/inlet53 init my.toml": check_init,
    "dig @127.0.53.1 -p 5300 abcdefghij": check_init,
    "build/inlet53 logs tail --config my.toml -f": check_init,
    "build/inlet53 ca --config conf/demo.toml": check_ca,
    "inlet53 ca --config FILE": check_ca,
    "build/inlet53 check conf/demo.toml": check_running,
    "build/inlet53d --config FILE": check_daemons,
    "[resolver_endpoint.outbound]": check_forwarding,
    "inlet53 cache flush www.partner.example": check_cache_flush,
    "inlet53 explain www.corp.internal": check_explain,
    "inlet53 status --config FILE": check_control,
    "curl --unix-socket FILE.sock http://inlet53/v1/status": check_control,
    "forward-zone:": check_unbound,
    "[resolver_endpoint.inbound]\nprotocols": check_encrypted,
    "kdig @127.0.54.1 -p 8853": check_encrypted,
    "[rest_api.hello]": check_rest_api,
    "build/inlet53 bench 127.0.53.1:5300": check_bench,
    "$ build/inlet53 policy explain": check_policy,
}


def test_every_block_is_run_or_listed():
    texts = blocks()
    assert len(texts) >= len(RUN)
    for text in texts:
        known = [beginning for beginning in (*RUN, *NOT_RUN) if text.startswith(beginning)]
        assert len(known) == 1, f"a page has a block that no test runs, or that begins as another:\n{text}"
    for beginning in (*RUN, *NOT_RUN):
        assert any(text.startswith(beginning) for text in texts), f"no block begins with {beginning}"


@pytest.mark.parametrize("check_blocks", dict.fromkeys(RUN.values()), ids=lambda function: function.__name__)
def test_blocks(check_blocks, tmp_path, request):
    arguments = check_blocks.__code__.co_varnames[:check_blocks.__code__.co_argcount]
    check_blocks(**{name: request.getfixturevalue(name) for name in arguments})


def test_the_front_page_is_short():
    assert len((SOURCE / "README.md").read_text().split()) <= MAX_WORDS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(SOURCE)))
def test_links_lead_to_files_and_headings(page):
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        file, _, heading = target.partition("#")
        path = page.parent / file if file else page
        assert path.exists(), target
        headings = [re.sub(r"[^\w -]", "", line.lstrip("# ")).lower().replace(" ", "-")
                    for line in path.read_text().splitlines() if line.startswith("#")] if heading else []
        assert not heading or heading in headings, target
