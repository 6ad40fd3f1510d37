"""The door to a node, from outside: who gets in, what is served, what waits, and what a crowd does to it."""

import asyncio
import base64
import contextlib
import http.client
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import time
import unittest
import urllib.parse

from tests.process.node import Home, PASSWORD, ROOT, RpcError, until

JSON = {"Content-Type": "application/json"}


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)


class Door:
    """Plain HTTP to a node, with whatever headers a test wants."""

    def __init__(self, home, file="ipc.json"):
        where = json.loads((home.data_dir / file).read_text())
        self.netloc = urllib.parse.urlsplit(where["url"]).netloc
        self.token = where["token"]

    def ask(self, method, path, headers=None, body=None, host=None):
        connection = http.client.HTTPConnection(self.netloc, timeout=30)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)  # what a test accepts is its own affair
        connection.putheader("Host", host or self.netloc)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        connection.endheaders(body.encode() if isinstance(body, str) else body)
        answer = connection.getresponse()
        reply = Reply(answer.status, answer.headers, answer.read())
        connection.close()
        return reply

    def call(self, method, params=None, headers=None):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}})
        return self.ask("POST", "/rpc", {**JSON, **(headers or {})}, body)

    def bearer(self):
        return {"Authorization": "Bearer " + self.token}


class Access(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = Home("anna")
        cls.home.__enter__()
        cls.home.register()
        cls.door = Door(cls.home)

    @classmethod
    def tearDownClass(cls):
        cls.home.__exit__()

    def own_origin(self):
        return {"Origin": "http://" + self.door.netloc}

    def enter(self):
        """A browser that was let in: its headers."""
        url = json.loads(self.home.cli("login-url", "--json").stdout)["url"]
        token = url.split("#token=")[1]
        begun = self.door.ask("POST", "/session", {**JSON, **self.own_origin()}, json.dumps({"token": token}))
        self.assertEqual(begun.status, 200)
        return {"Cookie": begun.headers["Set-Cookie"].split(";")[0], **self.own_origin()}, token, begun

    def test_nobody_gets_in_without_the_token(self):
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic " + self.door.token}, {"Cookie": "lama-session-1=" + self.door.token}):
            self.assertEqual(self.door.call("node:status", headers=headers).status, 401, headers)
        self.assertEqual(self.door.call("node:status", headers=self.door.bearer()).status, 200)
        self.assertEqual(self.door.ask("GET", "/metrics").status, 401)
        self.assertEqual(self.door.ask("GET", "/blob/" + 64 * "a").status, 401)
        self.assertEqual(self.door.ask("GET", "/healthz").status, 200)

    def test_dns_rebinding_is_refused_on_every_path(self):
        port = self.door.netloc.split(":")[1]
        for path in ("/", "/healthz", "/metrics", "/rpc", "/ipc", "/session", "/blob/" + 64 * "a"):
            for host in ("evil.example", "evil.example:" + port, "localhost.evil.example:" + port, "localhost", self.door.netloc + "."):
                method = "POST" if path == "/rpc" else "GET"
                reply = self.door.ask(method, path, {**self.door.bearer(), **JSON}, "{}" if method == "POST" else None, host=host)
                self.assertEqual(reply.status, 403, (path, host))

    def test_pages_of_other_origins_are_refused(self):
        for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://localhost:1"}, {"Sec-Fetch-Site": "cross-site"},
                        {"Sec-Fetch-Site": "same-site"}):
            reply = self.door.call("node:status", headers={**self.door.bearer(), **headers})
            self.assertEqual(reply.status, 403, headers)
            self.assertFalse([x for x in reply.headers if x.lower().startswith("access-control")])

    def test_calls_are_json(self):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            reply = self.door.ask("POST", "/rpc", {**self.door.bearer(), "Content-Type": kind}, '{"jsonrpc":"2.0","id":1,"method":"one-core:init"}')
            self.assertEqual(reply.status, 415, kind)

    def test_a_preflight_is_not_answered_as_one_wants(self):
        reply = self.door.ask("OPTIONS", "/rpc", {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"})
        self.assertEqual(reply.status, 403)

    def test_every_answer_bears_the_headers_that_protect(self):
        for path in ("/", "/healthz", "/nothing/here.js", "/session"):
            reply = self.door.ask("GET", path)
            policy = reply.headers["Content-Security-Policy"]
            self.assertNotIn("unsafe", policy)
            self.assertIn("frame-ancestors 'none'", policy)
            self.assertEqual(reply.headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(reply.headers["Referrer-Policy"], "no-referrer")
            self.assertEqual(reply.headers["Cross-Origin-Opener-Policy"], "same-origin")
            self.assertEqual(reply.headers["Cross-Origin-Resource-Policy"], "same-origin")

    def test_a_login_link_lets_one_browser_in_once(self):
        browser, token, begun = self.enter()
        for part in ("HttpOnly", "SameSite=Strict", "Path=/"):
            self.assertIn(part, begun.headers["Set-Cookie"])
        again = self.door.ask("POST", "/session", {**JSON, **self.own_origin()}, json.dumps({"token": token}))
        self.assertEqual(again.status, 403)
        self.assertEqual(self.door.ask("GET", "/session", browser).json(), {"authorised": True, "user": None})
        self.assertEqual(self.door.call("query:getContacts", headers=browser).json()["error"]["code"], -32001)
        self.assertTrue(self.door.call("one-core:login", {"username": "anna", "password": PASSWORD}, browser).json()["result"]["success"])
        self.assertIn("result", self.door.call("query:getContacts", headers=browser).json())
        self.assertEqual(self.door.call("query:getContacts", headers={"Cookie": browser["Cookie"]}).status, 403)

    def test_what_the_start_prints_lets_a_browser_in(self):
        log = self.home.processes[0].log.read_text()
        if "this node was built without its page" not in log and "#token=" not in log:
            self.skipTest("the node was built without its page")
        token = re.search(r"http://\S+/#token=([0-9a-f]+)", log)[1]
        self.assertIn(self.door.ask("POST", "/session", {**JSON, **self.own_origin()}, json.dumps({"token": token})).status, (200, 403))

    def test_the_page_is_there_or_says_why_not(self):
        page = self.door.ask("GET", "/")
        self.assertEqual(page.status, 200)
        if b"without its page" in page.body:
            return
        self.assertIn("text/html", page.headers["Content-Type"])
        self.assertEqual(page.headers["Cache-Control"], "no-cache")
        script = re.search(rb'(?:src|href)="(/assets/[^"]+\.(?:js|css))"', page.body)[1].decode()
        packed = self.door.ask("GET", script, {"Accept-Encoding": "gzip"})
        self.assertEqual(packed.headers["Content-Encoding"], "gzip")
        self.assertIn("immutable", packed.headers["Cache-Control"])
        plain = self.door.ask("GET", script)
        self.assertIsNone(plain.headers["Content-Encoding"])
        self.assertGreater(len(plain.body), len(packed.body))
        self.assertEqual(self.door.ask("GET", script, {"If-None-Match": plain.headers["ETag"]}).status, 304)
        self.assertEqual(self.door.ask("GET", "/settings").body, page.body)
        self.assertEqual(self.door.ask("GET", "/assets/nothing.js").status, 404)

    def test_nothing_secret_is_in_the_log_the_metrics_or_the_bundle(self):
        bundle = self.home.folder / "bundle.json"
        self.home.cli("doctor", "--bundle", str(bundle), check=False)
        secrets = [self.door.token, PASSWORD, json.loads((self.home.data_dir / "bridge.json").read_text())["secret"]]
        for name in ("archive/node.key", "sparse/node.key", "archive/session.key", "sparse/session.key"):
            secrets.append((self.home.data_dir / name).read_text().split()[0])
        metrics = self.door.ask("GET", "/metrics", self.door.bearer()).body.decode()
        log = re.sub(r"#token=\S+", "", self.home.processes[0].log.read_text())
        for where, text in (("metrics", metrics), ("log", log), ("bundle", bundle.read_text())):
            for secret in secrets:
                self.assertNotIn(secret, text, where)
        self.assertIn("lama_ipc_latency_seconds_bucket", metrics)
        self.assertIn('lama_up{side="sparse"', metrics)
        self.assertEqual(bundle.stat().st_mode & 0o777, 0o600)
        self.assertIn("ui-gateway", json.loads(bundle.read_text())["sparse"]["status"]["actors"])

    def test_a_cookie_outlives_the_node(self):
        with Home("bert") as bert:
            door = Door(bert)
            url = json.loads(bert.cli("login-url", "--json").stdout)["url"]
            origin = {"Origin": "http://" + door.netloc}
            begun = door.ask("POST", "/session", {**JSON, **origin}, json.dumps({"token": url.split("#token=")[1]}))
            name, value = begun.headers["Set-Cookie"].split(";")[0].split("=", 1)
            bert.processes[0].stop()
            bert.processes[0].start()
            again = Door(bert)
            port = again.netloc.split(":")[1]
            self.assertEqual(again.ask("GET", "/session", {"Cookie": f"lama-session-{port}={value}"}).status, 200)
            self.assertNotEqual(door.token, again.token)


class Offline(unittest.TestCase):
    def test_what_needs_the_archive_waits_for_it_also_across_a_restart(self):
        with Home("anna", ("archive", "sparse")) as anna:
            anna.register()
            anna.process("archive").stop()
            body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "action:createConversation", "params": {"name": "Later"}})
            door = Door(anna)

            def put_off():
                answer = door.ask("POST", "/rpc", {**JSON, **door.bearer()}, body).json()
                return answer if "error" in answer else None

            answer = until(put_off, "the archive's absence")
            self.assertEqual(answer["error"]["code"], -32007)
            self.assertTrue(answer["error"]["data"]["queued"])
            put_off()  # the same call waits once
            cancelled = door.call("action:createConversation", {"name": "Never"}, door.bearer()).json()["error"]["data"]["id"]
            self.assertEqual([x["params"]["name"] for x in anna.rpc.call("queue:list")["entries"]], ["Later", "Never"])
            self.assertTrue(anna.rpc.call("queue:cancel", {"id": cancelled})["success"])
            anna.process("sparse").stop()
            anna.process("sparse").start()
            self.assertTrue(until(lambda: anna.rpc.call("one-core:login", {"username": "anna", "password": PASSWORD}), "login")["success"])
            self.assertEqual([x["params"]["name"] for x in anna.rpc.call("queue:list")["entries"]], ["Later"])
            anna.process("archive").start()
            until(lambda: [x for x in anna.conversations() if x["title"] == "Later"], "the conversation")
            until(lambda: anna.rpc.call("queue:list")["entries"] == [], "the end of the queue")
            self.assertEqual([x["title"] for x in anna.conversations()], ["Later"])

    def test_a_message_sent_twice_by_one_name_is_written_once(self):
        with Home("anna") as anna:
            anna.register()
            conversation = anna.rpc.call("action:createConversation", {"name": "Notes"})["conversationId"]
            until(anna.conversations, "the conversation")
            request = {"conversationId": conversation, "text": "once", "requestId": "r-1"}
            first = anna.rpc.call("action:sendMessage", request)["messageHash"]
            self.assertEqual(anna.rpc.call("action:sendMessage", request)["messageHash"], first)
            anna.processes[0].stop()
            anna.processes[0].start()
            anna.log_in()
            self.assertEqual(anna.rpc.call("action:sendMessage", request)["messageHash"], first)
            self.assertEqual([x["text"] for x in anna.messages(conversation)], ["once"])


class Sync(unittest.TestCase):
    """How far the two instances are apart, from either side."""

    def test_both_instances_are_told_of_and_the_archive_falls_behind_while_it_is_away(self):
        with Home("anna", ("archive", "sparse")) as anna:
            anna.register()
            conversation = anna.rpc.call("action:createConversation", {"name": "Notes"})["conversationId"]
            until(anna.conversations, "the conversation")

            def in_step():
                sync = anna.rpc.call("query:getSync")
                return sync if all(x.get("behind", {}).get("entries") == 0 for x in sync["instances"]) else None

            sync = until(in_step, "both in step")
            self.assertEqual([x["side"] for x in sync["instances"]], ["sparse", "archive"])
            self.assertEqual([x["here"] for x in sync["instances"]], [True, False])
            for x in sync["instances"]:
                self.assertGreater(x["figures"]["objects"], 0)
            established = [x for x in anna.rpc.call("one-core:network:status")["connections"] if x["group"] == "chum"]
            self.assertEqual([x["lag"]["entries"] for x in established], [0])
            anna.process("archive").stop()
            until(lambda: not anna.rpc.call("query:getSync")["bridgeConnected"], "the bridge to be down")
            anna.send(conversation, "while it is away")
            sparse, archive = anna.rpc.call("query:getSync")["instances"]
            self.assertIn("figures", sparse)
            self.assertNotIn("figures", archive)
            self.assertNotIn("behind", sparse)
            self.assertGreater(archive["behind"]["entries"], 0)
            self.assertEqual(anna.rpc.call("query:getSync")["outbox"], 1)
            status = anna.cli("status", check=False).stdout
            self.assertIn("ENTRIES BEHIND", status)


class Documents(unittest.TestCase):
    def test_reference_and_types_are_in_step_with_the_schema(self):
        done = subprocess.run([sys.executable, str(ROOT / "config/ipc_generate.py"), "--check"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_dashboard_and_alerts_name_metrics_that_there_are(self):
        with Home("anna") as anna:
            anna.register()
            until(lambda: all("behind" in x for x in anna.rpc.call("query:getSync")["instances"]), "the two instances to have met")
            known = set()
            for file in ("ipc.json", "archive-ipc.json"):
                door = Door(anna, file)
                door.call("no:such", headers=door.bearer())
                door.call("query:getConversation", {"conversationId": "none"}, door.bearer())
                known |= set(re.findall(r"^(lama_\w+)", door.ask("GET", "/metrics", door.bearer()).body.decode(), re.M))
            known.add("lama_connections_ended_total")  # nothing has ended yet
            for name in ("config/grafana-dashboard.json", "config/alerts.yml"):
                text = (ROOT / name).read_text()
                used = set(re.findall(r"\b(lama_[a-z_]+)", text))
                self.assertTrue(used)
                self.assertEqual(used - known, set(), name)
            json.loads((ROOT / "config/grafana-dashboard.json").read_text())


def text_frame(text):
    """A client's websocket frame, masked with zeros."""
    data = text.encode()
    length = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + len(data).to_bytes(2, "big")
    return b"\x81" + length + bytes(4) + data


class Client:
    """A websocket, as simple as it gets."""

    def __init__(self, door):
        self.door = door

    async def open(self, read=True):
        host, port = self.door.netloc.rsplit(":", 1)
        self.reader, self.writer = await asyncio.open_connection(host, int(port), limit=1 << 16)
        key = base64.b64encode(os.urandom(16)).decode()
        self.writer.write((f"GET /ipc HTTP/1.1\r\nHost: {self.door.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                           f"Sec-WebSocket-Key: {key}\r\nAuthorization: Bearer {self.door.token}\r\nLama-User: anna\r\n\r\n").encode())
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 60)
        assert b"101" in head.split(b"\r\n")[0], head
        return self

    def send(self, method, params=None, number=1):
        self.writer.write(text_frame(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}})))

    async def answer(self):
        """The next message that is an answer."""
        while True:
            head = await asyncio.wait_for(self.reader.readexactly(2), 60)
            length = head[1] & 0x7f
            if length == 126:
                length = int.from_bytes(await self.reader.readexactly(2), "big")
            elif length == 127:
                length = int.from_bytes(await self.reader.readexactly(8), "big")
            payload = await asyncio.wait_for(self.reader.readexactly(length), 60)
            if head[0] & 0x0f == 9:  # a ping
                self.writer.write(bytes([0x8a, 0x80 | length]) + bytes(4) + payload)
                continue
            message = json.loads(payload)
            if "id" in message:
                return message

    def close(self):
        with contextlib.suppress(Exception):
            self.writer.transport.abort()


def resident_megabytes(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024


class Crowd(unittest.TestCase):
    CLIENTS = 1000

    def test_a_thousand_clients_slow_and_half_open_ones_among_them(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < 3 * self.CLIENTS:
            self.skipTest("too few descriptors are allowed here")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        with Home("anna") as anna:
            anna.register()
            conversation = anna.rpc.call("action:createConversation", {"name": "Notes"})["conversationId"]
            until(anna.conversations, "the conversation")
            for number in range(5):
                anna.send(conversation, f"{number} " + 100_000 * "x")
            asyncio.run(self.crowd(anna, conversation))

    async def crowd(self, anna, conversation):
        pid = anna.processes[0].child.pid
        door = Door(anna)
        before = resident_megabytes(pid)
        clients = []
        for begin in range(0, self.CLIENTS, 50):
            clients += await asyncio.gather(*[Client(door).open() for _ in range(begin, begin + 50)])
        # Some ask for half a megabyte ten times, and read nothing.
        slow, others = clients[:25], clients[25:]
        for client in slow:
            client.reader._transport.pause_reading()
            for number in range(10):
                client.send("query:getMessages", {"conversationId": conversation, "limit": 5}, number)
        # Two hundred send half a head, half a body, half a frame.
        host, port = door.netloc.rsplit(":", 1)
        half = []
        for number in range(200):
            _, writer = await asyncio.open_connection(host, int(port))
            pieces = [b"GET /healthz HT", f"POST /rpc HTTP/1.1\r\nHost: {door.netloc}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{".encode()]
            writer.write(pieces[number % 2])
            half.append(writer)
        for client in others[:100]:
            client.writer.write(b"\x81\xfe")
        # The rest goes on as if nothing was.
        served = others[100:]
        times = []

        async def ask(client):
            begun = time.monotonic()
            client.send("one-core:getInstance")
            answer = await client.answer()
            times.append(time.monotonic() - begun)
            self.assertEqual(answer["result"]["username"], "anna")

        for begin in range(0, len(served), 20):
            await asyncio.gather(*[ask(client) for client in served[begin:begin + 20]])
        grown = resident_megabytes(pid) - before
        times.sort()
        print(f"\n{self.CLIENTS} clients: {grown:.0f} MB more; call p50 {1000 * times[len(times) // 2]:.2f} ms, p99 {1000 * times[len(times) * 99 // 100]:.2f} ms")
        self.assertLess(grown, 600, "memory is bounded")
        for client in clients:
            client.close()
        for writer in half:
            writer.transport.abort()


if __name__ == "__main__":
    unittest.main()
