"""The pretend model on the wire: what it answers, and every way not to answer."""

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.simulator.chatting import QUESTION, TOOL, Json, ask, read_events, send

from sreagent.simulator.chat_site import chat

LONG = "one two three four five six seven eight nine ten eleven twelve"


def asked_for(name: str, identity: str) -> Json:
    function = {"name": name, "arguments": "{}"}
    call = {"id": identity, "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def result(identity: str, text: str = "E1 fine") -> Json:
    return {"role": "tool", "tool_call_id": identity, "content": text}


class TestAnswers:
    def test_turns_are_answered_in_order(self) -> None:
        with chat([{"text": "first"}, {"text": "second"}]) as site:
            assert [ask(site.url).said["content"] for _ in range(2)] == ["first", "second"]

    def test_an_answer_has_the_shape_of_the_protocol(self) -> None:
        with chat([{"text": "hello"}]) as site:
            whole = ask(site.url).json()
        assert whole["object"] == "chat.completion"
        assert whole["model"] == "scripted"
        assert whole["choices"][0]["finish_reason"] == "stop"
        assert whole["choices"][0]["message"]["role"] == "assistant"

    def test_calls_come_with_their_arguments_as_text(self) -> None:
        calls = [{"name": "logs", "arguments": {"pod": "web"}}, {"name": "metrics"}]
        with chat([{"calls": calls}]) as site:
            whole = ask(site.url, tools=[TOOL]).json()
        choice = whole["choices"][0]
        told = choice["message"]["tool_calls"]
        assert choice["finish_reason"] == "tool_calls"
        assert [json.loads(call["function"]["arguments"]) for call in told] == [{"pod": "web"}, {}]
        assert len({call["id"] for call in told}) == 2

    @pytest.mark.parametrize("stream", [False, True])
    def test_broken_json_and_ids_given_twice_are_sent_as_they_stand(self, stream: bool) -> None:
        broken = {"name": "logs", "arguments": '{"pod": ', "id": "same"}
        with chat([{"calls": [broken, {**broken, "arguments": "{}"}]}]) as site:
            reply = ask(site.url, stream=stream)
        calls = joined_calls(reply.chunks) if stream else reply.said["tool_calls"]
        assert [call["id"] for call in calls] == ["same", "same"]
        assert [call["function"]["arguments"] for call in calls] == ['{"pod": ', "{}"]

    def test_a_provider_may_give_no_ids_and_no_places(self) -> None:
        with chat([{"calls": [{"name": "logs", "id": None, "index": None}]}]) as site:
            chunks = ask(site.url, stream=True).chunks
        (call,) = chunks[1]["choices"][0]["delta"]["tool_calls"]
        assert set(call) == {"type", "function"}

    def test_an_empty_answer_has_no_content(self) -> None:
        with chat([{"empty": True}]) as site:
            assert ask(site.url).said["content"] is None

    def test_a_filtered_answer_says_why_it_ended(self) -> None:
        with chat([{"text": "the", "content_filter": True}]) as site:
            assert ask(site.url).json()["choices"][0]["finish_reason"] == "content_filter"

    def test_what_is_over_the_limit_is_cut(self) -> None:
        with chat([{"text": LONG, "calls": [{"name": "logs"}]}]) as site:
            choice = ask(site.url, max_tokens=3).json()["choices"][0]
        assert choice["finish_reason"] == "length"
        assert choice["message"]["content"] == LONG[:12]
        assert "tool_calls" not in choice["message"]

    def test_a_turn_may_say_by_itself_how_it_ends(self) -> None:
        with chat([{"text": "half a", "finish": "length"}]) as site:
            assert ask(site.url).json()["choices"][0]["finish_reason"] == "length"


def joined_calls(chunks: list[Json]) -> list[Json]:
    calls: dict[int, Json] = {}
    for chunk in chunks:
        for choice in chunk["choices"]:
            for part in choice["delta"].get("tool_calls", ()):
                if "id" in part:
                    calls[part["index"]] = json.loads(json.dumps(part))
                else:
                    more = part["function"]["arguments"]
                    calls[part["index"]]["function"]["arguments"] += more
    return list(calls.values())


class TestStreams:
    def test_the_pieces_of_a_text_make_the_text(self) -> None:
        with chat([{"text": LONG, "thinking": "let me see now then"}]) as site:
            chunks = ask(site.url, stream=True).chunks
        deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
        assert deltas[0] == {"role": "assistant", "content": ""}
        assert "".join(each.get("content") or "" for each in deltas) == LONG
        thoughts = [each["reasoning_content"] for each in deltas if "reasoning_content" in each]
        assert "".join(thoughts) == "let me see now then"
        assert [chunk["choices"][0]["finish_reason"] for chunk in chunks][-2:] == [None, "stop"]
        assert all("usage" not in chunk for chunk in chunks)

    def test_the_pieces_of_the_arguments_make_the_arguments(self) -> None:
        arguments = {"pod": "web-1", "lines": 200, "matching": "error|Ärger|fatal|panic"}
        with chat(
            [{"text": "so", "calls": [{"name": "logs", "arguments": arguments}] * 2}]
        ) as site:
            chunks = ask(site.url, stream=True).chunks
        calls = joined_calls(chunks)
        assert [call["function"]["name"] for call in calls] == ["logs", "logs"]
        assert json.loads(calls[1]["function"]["arguments"]) == arguments
        assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"

    def test_usage_comes_in_a_chunk_of_its_own_when_it_is_asked_for(self) -> None:
        with chat([{"text": LONG}]) as site:
            chunks = ask(site.url, stream=True, stream_options={"include_usage": True}).chunks
        assert chunks[-1]["choices"] == []
        assert chunks[-1]["usage"]["completion_tokens"] == -(-len(LONG) // 4)
        assert all(chunk["usage"] is None for chunk in chunks[:-1])

    def test_the_pieces_come_one_after_the_other(self) -> None:
        with chat([{"text": LONG, "pace": 0.1}]) as site:
            began = time.monotonic()
            read_events(site.url)
            assert time.monotonic() - began >= 0.4


class TestTokens:
    def test_the_prompt_is_counted_with_its_tools(self) -> None:
        with chat([{"text": "a", "repeat": True}]) as site:
            alone = ask(site.url).json()["usage"]
            tooled = ask(site.url, tools=[TOOL]).json()["usage"]
        written = json.dumps(QUESTION, separators=(",", ":"))
        assert alone["prompt_tokens"] == -(-len(written) // 4)
        assert tooled["prompt_tokens"] > alone["prompt_tokens"]
        assert alone["total_tokens"] == alone["prompt_tokens"] + alone["completion_tokens"]

    @pytest.mark.parametrize(
        ("change", "shared"),
        [
            pytest.param({}, 2, id="more-messages-at-the-end"),
            pytest.param({"first": "You are someone else."}, 0, id="another-beginning"),
            pytest.param({"tools": [TOOL]}, 0, id="tools-stand-before-the-messages"),
            pytest.param({"model": "another"}, 0, id="another-model"),
        ],
    )
    def test_what_began_an_earlier_request_is_cached(self, change: Json, shared: int) -> None:
        change = dict(change)
        rules = {"role": "system", "content": "You look at incidents."}
        other = {**rules, "content": change.pop("first", rules["content"])}
        said = {"role": "assistant", "content": "a"}
        with chat([{"text": "a", "repeat": True}]) as site:
            ask(site.url, rules, QUESTION)
            usage = ask(site.url, other, QUESTION, said, QUESTION, **change).json()["usage"]
        both = [rules, QUESTION][:shared]
        length = sum(len(json.dumps(each, separators=(",", ":"))) for each in both)
        assert usage["prompt_tokens_details"]["cached_tokens"] == length // 4

    def test_a_request_that_was_refused_caches_nothing(self) -> None:
        with chat([{"status": 429}, {"text": "a"}]) as site:
            ask(site.url)
            assert ask(site.url).json()["usage"]["prompt_tokens_details"]["cached_tokens"] == 0
            assert [each.usage is None for each in site.requests] == [True, False]

    def test_a_provider_may_keep_its_usage_to_itself(self) -> None:
        with chat({"usage": False, "turns": [{"text": "a", "repeat": True}]}) as site:
            assert "usage" not in ask(site.url).json()
            chunks = ask(site.url, stream=True, stream_options={"include_usage": True}).chunks
            assert all("usage" not in chunk for chunk in chunks)


class TestChoosing:
    def test_a_condition_looks_at_what_came_last(self) -> None:
        script = [{"when": "OOM", "text": "memory"}, {"text": "looking"}, {"text": "done"}]
        with chat(script) as site:
            said = [ask(site.url, QUESTION).said["content"]]
            rest = [asked_for("logs", "c1"), result("c1", "E2 pod web was OOMKilled")]
            said.append(ask(site.url, QUESTION, *rest).said["content"])
            said.append(ask(site.url, QUESTION, *rest).said["content"])
        assert said == ["looking", "memory", "done"]

    def test_all_results_of_one_turn_count_as_last(self) -> None:
        with chat([{"when": "OOM", "text": "memory"}]) as site:
            calls = asked_for("logs", "c1")
            calls["tool_calls"] += asked_for("logs", "c2")["tool_calls"]
            reply = ask(site.url, QUESTION, calls, result("c1", "OOM"), result("c2"))
            assert reply.said["content"] == "memory"

    def test_roles_are_told_apart_by_their_system_prompts(self) -> None:
        script: list[Json] = [
            {"if_system": "^You observe", "text": "seen", "repeat": 2},
            {"if_system": "^You decide", "text": "decided"},
        ]
        observer, decider = (
            {"role": "system", "content": f"You {verb}."} for verb in ("observe", "decide")
        )
        with chat(script) as site:
            order = [observer, decider, observer]
            said = [ask(site.url, role, QUESTION).said["content"] for role in order]
        assert said == ["seen", "decided", "seen"]

    @pytest.mark.parametrize(
        "script",
        [
            pytest.param([{"text": "a"}, {"text": "b", "repeat": True}], id="turn"),
            pytest.param({"repeat": True, "turns": [{"text": "a"}, {"text": "b"}]}, id="script"),
        ],
    )
    def test_the_last_turn_may_go_on_for_ever(self, script: Any) -> None:
        with chat(script) as site:
            assert "".join(ask(site.url).said["content"] for _ in range(5)) == "abbbb"

    def test_a_script_that_is_over_says_so_in_a_way_nobody_retries(self) -> None:
        with chat([{"text": "a"}]) as site:
            ask(site.url)
            reply = ask(site.url)
        assert reply.code == 400
        assert "no turn is left" in reply.error["message"]
        assert "why is the shop down?" in reply.error["message"]

    def test_ids_are_cited_from_the_conversation(self) -> None:
        told = {"role": "user", "content": "E1: web is fine\n- [E12] pod web-7 was OOMKilled"}
        turn = {
            "text": "{{first_evidence}} {{evidence:OOM}}",
            "calls": [{"name": "logs", "arguments": {"pods": [r"{{match:pod (\S+)}}"]}}],
        }
        with chat([turn]) as site:
            said = ask(site.url, told).said
        assert said["content"] == "E1 E12"
        arguments = said["tool_calls"][0]["function"]["arguments"]
        assert json.loads(arguments) == {"pods": ["web-7"]}

    def test_citing_what_nobody_said_is_a_mistake_of_the_script(self) -> None:
        with chat([{"text": "{{evidence:OOM}}"}]) as site:
            reply = ask(site.url)
        assert (reply.code, reply.error["code"]) == (400, "script")
        assert "{{evidence:OOM}}" in reply.error["message"]


class TestRefusals:
    @pytest.mark.parametrize(
        ("turn", "status", "code"),
        [
            pytest.param({"status": 401}, 401, "invalid_api_key", id="key"),
            pytest.param({"status": 404}, 404, "model_not_found", id="no-such-model"),
            pytest.param({"status": 429}, 429, "rate_limit_exceeded", id="busy"),
            pytest.param({"status": 500}, 500, None, id="error"),
            pytest.param({"status": 503}, 503, "overloaded", id="overloaded"),
            pytest.param({"status": 529}, 529, None, id="unheard-of"),
            pytest.param({"context_length": True}, 400, "context_length_exceeded", id="too-long"),
            pytest.param({"content_filter": "prompt"}, 400, "content_filter", id="filtered"),
            pytest.param(
                {"status": 429, "error": {"code": "insufficient_quota"}},
                429,
                "insufficient_quota",
                id="own-words",
            ),
        ],
    )
    @pytest.mark.parametrize("stream", [False, True])
    def test_a_fault_is_told_as_the_provider_tells_it(
        self, turn: Json, status: int, code: str | None, stream: bool
    ) -> None:
        with chat([turn]) as site:
            reply = ask(site.url, stream=stream)
        assert (reply.code, reply.error["code"]) == (status, code)
        assert set(reply.error) == {"message", "type", "param", "code"}

    def test_a_busy_provider_says_when_to_come_back(self) -> None:
        with chat([{"status": 429, "retry_after": 0.2}]) as site:
            headers = ask(site.url).headers
        assert headers["retry-after"] == "0.2"
        assert headers["retry-after-ms"] == "200"

    @pytest.mark.parametrize("status", [200, 502])
    def test_a_proxy_answers_with_a_page(self, status: int) -> None:
        with chat([{"html": True, "status": status}]) as site:
            reply = ask(site.url)
        assert (reply.code, reply.headers["content-type"]) == (status, "text/html")
        assert reply.body.startswith(b"<html>")

    def test_a_small_model_cannot_read_much(self) -> None:
        long = {"role": "user", "content": "x" * 400}
        with chat({"context": 100, "turns": [{"text": "a", "repeat": True}]}) as site:
            assert ask(site.url).code == 200
            assert ask(site.url, max_tokens=99).code == 400
            reply = ask(site.url, long)
            assert send("GET", f"{site.url}/models").json()["data"][0]["max_model_len"] == 100
        assert reply.error["code"] == "context_length_exceeded"
        assert "maximum context length is 100 tokens" in reply.error["message"]

    def test_a_model_without_tools_wants_none(self) -> None:
        with chat({"tools": False, "turns": [{"text": "a"}]}) as site:
            reply = ask(site.url, tools=[TOOL])
            assert reply.code == 400
            assert reply.error["message"] == "scripted does not support tools"
            assert ask(site.url).said["content"] == "a"

    def test_only_models_it_has_are_served(self) -> None:
        with chat({"models": ["big", "small"], "turns": [{"text": "a"}]}) as site:
            listed = send("GET", f"{site.url}/models").json()["data"]
            assert [model["id"] for model in listed] == ["big", "small"]
            assert send("GET", f"{site.url}/models/big").json()["id"] == "big"
            assert send("GET", f"{site.url}/models/huge").code == 404
            assert ask(site.url).error["code"] == "model_not_found"
            assert ask(site.url, model="small").code == 200

    def test_a_key_is_asked_for_when_there_is_one(self) -> None:
        key = secrets.token_hex(16)
        with chat([{"text": "a"}], key=key) as site:
            nobody, stranger = ask(site.url), ask(site.url, key=secrets.token_hex(16))
            assert send("GET", f"{site.url}/models").code == 401
            assert ask(site.url, key=key).code == 200
        assert (nobody.code, stranger.code) == (401, 401)
        assert "didn't provide an API key" in nobody.error["message"]
        assert stranger.error["code"] == "invalid_api_key"


class TestChecks:
    @pytest.mark.parametrize(
        ("messages", "said"),
        [
            pytest.param([], "at least one message", id="none"),
            pytest.param([{"role": "robot", "content": ""}], "Invalid value for", id="role"),
            pytest.param([{"role": "user", "content": None}], "got null", id="no-content"),
            pytest.param(
                [{"role": "assistant", "content": "", "tool_calls": []}], "empty", id="no-calls"
            ),
            pytest.param([QUESTION, result("c1")], "must be a response", id="answer-to-nothing"),
            pytest.param(
                [QUESTION, asked_for("logs", "c1")], "did not have response", id="never-answered"
            ),
            pytest.param(
                [QUESTION, asked_for("logs", "c1"), QUESTION, result("c1")],
                "c1",
                id="answered-too-late",
            ),
        ],
    )
    def test_a_conversation_that_a_provider_would_refuse_is_refused(
        self, messages: list[Json], said: str
    ) -> None:
        body = {"model": "scripted", "messages": messages}
        with chat([{"text": "a"}]) as site:
            reply = send("POST", f"{site.url}/chat/completions", body)
        assert reply.code == 400
        assert said in reply.error["message"]

    @pytest.mark.parametrize(
        "tools",
        [
            pytest.param([], id="empty"),
            pytest.param([{"type": "function"}], id="no-function"),
            pytest.param([{"type": "function", "function": {"name": "a b"}}], id="name"),
            pytest.param(
                [{"type": "function", "function": {"name": "a", "parameters": {}}}], id="schema"
            ),
        ],
    )
    def test_tools_that_a_provider_would_refuse_are_refused(self, tools: list[Json]) -> None:
        with chat([{"text": "a"}]) as site:
            assert ask(site.url, tools=tools).error["param"].startswith("tools")

    @pytest.mark.parametrize("body", [b"{", b"[]", b"", b'{"messages": []}'])
    def test_a_body_that_is_none_is_refused(self, body: bytes) -> None:
        with chat([{"text": "a"}]) as site:
            assert send("POST", f"{site.url}/chat/completions", body).code == 400

    def test_other_pages_are_not_there(self) -> None:
        with chat([{"text": "a"}]) as site:
            assert send("POST", f"{site.url}/embeddings", {}).code == 404
            assert send("POST", f"{site.url.removesuffix('/v1')}/chat/completions", {}).code == 404


class TestFaultsOnTheWire:
    def test_an_answer_may_be_slow(self) -> None:
        with chat([{"text": "a", "slow": 0.3}]) as site:
            began = time.monotonic()
            assert ask(site.url).said["content"] == "a"
            assert time.monotonic() - began >= 0.3

    @pytest.mark.parametrize("stream", [False, True])
    def test_an_answer_may_stop_in_the_middle_for_a_while(self, stream: bool) -> None:
        with chat([{"text": LONG, "stall": 0.3}]) as site:
            began = time.monotonic()
            reply = ask(site.url, stream=stream)
            assert time.monotonic() - began >= 0.3
            assert reply.chunks if stream else reply.said["content"] == LONG

    def test_a_stalled_stream_has_sent_its_first_half(self) -> None:
        with chat([{"text": LONG, "stall": 60}]) as site:
            address = site.url.split("/")[2]
            connection = http.client.HTTPConnection(address, timeout=0.5)
            body = {"model": "m", "messages": [QUESTION], "stream": True}
            connection.request("POST", "/v1/chat/completions", json.dumps(body))
            with connection.getresponse() as reply:
                assert b"role" in reply.readline()
                with pytest.raises(TimeoutError):
                    reply.read()
            connection.close()

    @pytest.mark.parametrize("stream", [False, True])
    def test_the_connection_may_be_reset_in_the_middle(self, stream: bool) -> None:
        with chat([{"text": LONG, "reset": True}]) as site:
            lines, problem = read_events(site.url, stream=stream)
        assert isinstance(problem, ConnectionResetError)
        if stream:
            assert "one two three" in "".join(lines)
            assert "twelve" not in "".join(lines)

    def test_the_connection_may_be_reset_before_the_first_byte(self) -> None:
        with chat([{"reset": "first"}, {"text": "a"}]) as site:
            with pytest.raises(ConnectionResetError):
                ask(site.url)
            assert ask(site.url).said["content"] == "a"

    def test_an_error_may_come_in_the_middle_of_a_stream(self) -> None:
        with chat([{"text": LONG, "stream_error": True}]) as site:
            events = ask(site.url, stream=True).events
        assert json.loads(events[-1])["error"]["type"] == "server_error"
        assert "[DONE]" not in events

    def test_stopping_waits_for_nobody(self) -> None:
        began = time.monotonic()
        with chat([{"text": LONG, "stall": 60}]) as site:
            listener = socket.create_connection(("127.0.0.1", int(site.url.split(":")[2][:-3])))
            body = json.dumps({"model": "m", "messages": [QUESTION], "stream": True})
            head = f"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n"
            listener.sendall(head.encode() + body.encode())
            assert listener.recv(10)
        listener.close()
        assert time.monotonic() - began < 50


class TestRecords:
    def test_requests_are_kept_without_their_keys(self) -> None:
        key = secrets.token_hex(16)
        before = time.time()
        with chat([{"text": "a"}], key=key) as site:
            ask(site.url, key=key, temperature=0)
            ask(site.url, key=secrets.token_hex(16))
            over_http = send("GET", f"{site.url.removesuffix('/v1')}/_requests").json()
            first, second = site.requests
        assert first.body["temperature"] == 0
        assert before <= first.at <= second.at <= time.time()
        assert [(each.code, each.turn) for each in site.requests] == [(200, 1), (401, None)]
        assert first.usage
        assert over_http[0]["usage"] == {
            "prompt": first.usage.prompt,
            "cached": 0,
            "completion": 1,
        }
        assert key not in json.dumps(over_http)
        assert "authorization" not in over_http[0]["headers"]

    def test_a_body_that_is_no_json_is_kept_as_text(self) -> None:
        with chat([{"text": "a"}]) as site:
            send("POST", f"{site.url}/chat/completions", b"{oh")
            assert site.requests[0].body == "{oh"

    def test_another_script_can_be_loaded_while_it_runs(self) -> None:
        with chat([{"text": "a"}]) as site:
            address = f"{site.url.removesuffix('/v1')}/_script"
            ask(site.url)
            assert send("POST", address, b"- text: b\n- text: c").json() == {"turns": 2}
            assert ask(site.url).said["content"] == "b"
            assert len(site.requests) == 2
            refused = send("POST", address, b"- txet: d")
            assert (refused.code, "txet" in refused.json()["error"]) == (400, True)
            assert ask(site.url).said["content"] == "c"

    def test_another_script_asks_for_the_same_key(self) -> None:
        key = secrets.token_hex(16)
        with chat([{"text": "a"}], key=key) as site:
            site.load([{"text": "b"}])
            assert ask(site.url).code == 401
            assert ask(site.url, key=key).said["content"] == "b"


class TestTheCommand:
    def test_it_serves_a_script_alone(self, tmp_path: Path) -> None:
        script = tmp_path / "model.yaml"
        script.write_text("turns:\n- text: hello\n")
        command = [sys.executable, "-m", "sreagent.simulator", "--chat", str(script)]
        serving = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert serving.stdout is not None
        with serving.stdout as out:
            addresses = json.loads(out.readline())
            assert set(addresses) == {"chat"}
            assert ask(addresses["chat"]).said["content"] == "hello"
            os.kill(serving.pid, signal.SIGTERM)
            assert serving.wait(timeout=10) == 0

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            pytest.param("- txet: hello\n", "turn 1: unknown key 'txet'", id="script"),
            pytest.param(None, "No such file", id="file"),
        ],
    )
    def test_it_refuses_a_script_that_cannot_be_played(
        self, tmp_path: Path, text: str | None, said: str
    ) -> None:
        script = tmp_path / "model.yaml"
        if text is not None:
            script.write_text(text)
        command = [sys.executable, "-m", "sreagent.simulator", "--chat", str(script)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 2
        assert said in done.stderr
        assert str(script) in done.stderr
