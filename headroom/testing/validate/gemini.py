"""generateContent's rules, in the wording of its 400s. Keys may come in camelCase or in snake_case, as proto JSON has it.

Sources: the API reference and the pages on function calling and thought signatures (ai.google.dev), the
``google-genai`` SDK's types, and error messages quoted in public issue threads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headroom.testing.ledger import Ledger
from headroom.testing.record import Conversation, Entry
from headroom.testing.validate.refused import Refused, words

THOUGHT = "gemini.thought"

_TOP = words(
    "contents tools toolConfig safetySettings systemInstruction generationConfig cachedContent labels model "
    "session_id sessionId serviceTier store"
)
_DATA = [
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
]
_PART = frozenset([*_DATA, *["thought", "thoughtSignature", "videoMetadata", "mediaResolution", "partMetadata"]])
_CONTENT = frozenset(("parts", "role"))
_WAIVERS = ("skip_thought_signature_validator", "context_engineering_is_the_way_to_go")
"""Documented stand-ins for calls that have no signature; Gemini CLI sends the first for finished turns."""
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}\Z")


def camel(value: object) -> object:
    """Turn the protocol's snake_case keys into camelCase, but nothing inside arguments, responses and schemas."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    out: dict[str, object] = {}
    for key, inner in value.items():
        name = re.sub(r"_([a-z])", lambda hit: hit[1].upper(), key) if isinstance(key, str) else key
        keep = name in {
            "args",
            "response",
            "parameters",
            "parametersJsonSchema",
            "responseJsonSchema",
            "responseSchema",
        }
        out[name] = inner if keep else camel(inner)
    return out


def read(body: Mapping[str, Any], ledger: Ledger) -> Conversation:
    """Check a request body and read its conversation. Raises ``Refused``."""
    data: Any = camel(dict(body))
    for name in data:
        if name not in _TOP:
            raise _unknown(name, "")
    entries: list[Entry] = []
    system = data.get("systemInstruction")
    if system is not None:
        if not isinstance(system, dict):
            raise Refused("Invalid value at 'system_instruction'")
        entries += [Entry("system", "text", part.get("text", "")) for part in _parts("system_instruction", system)]
    tools = _tools(data)
    _tool_config(data, tools)
    contents = data.get("contents")
    if not isinstance(contents, list) or not contents:
        raise Refused("* GenerateContentRequest.contents: contents is not specified\n")
    for index, content in enumerate(contents):
        entries += _content(index, content, ledger)
    _pairing(contents)
    return Conversation(tuple(entries), tuple(tools))


def _unknown(name: str, where: str) -> Refused:
    at = f" at '{where}'" if where else ""
    return Refused(f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.')


def _parts(where: str, content: Mapping[str, Any]) -> list[dict[str, Any]]:
    for name in content:
        if name not in _CONTENT:
            raise _unknown(name, where)
    parts = content.get("parts")
    if isinstance(parts, dict):
        parts = [parts]
    if not isinstance(parts, list) or not parts:
        raise Refused(f"* GenerateContentRequest.{where}.parts: contents.parts must not be empty.\n")
    for at, part in enumerate(parts):
        here = f"{where}.parts[{at}]"
        if not isinstance(part, dict):
            raise Refused(f"Invalid value at '{here}' (type.googleapis.com/google.ai.generativelanguage.v1beta.Part)")
        for name in part:
            if name not in _PART:
                raise _unknown(name, here)
        held = [name for name in _DATA if name in part]
        if len(held) > 1:
            raise Refused(
                f"Invalid value at '{here}' (oneof), oneof field 'data' is already set. Cannot set '{held[1]}'"
            )
        if not held and "thoughtSignature" not in part:
            raise Refused(
                f"* GenerateContentRequest.{here}.data: required oneof field 'data' must have one initialized field\n"
            )
        if "text" in part and not isinstance(part["text"], str):
            raise Refused(f"Invalid value at '{here}.text' (TYPE_STRING)")
    return parts


def _content(index: int, content: object, ledger: Ledger) -> Iterator[Entry]:
    where = f"contents[{index}]"
    if not isinstance(content, dict):
        raise Refused(f"Invalid value at '{where}'")
    role = content.get("role", "user")
    if role not in {"user", "model", "function"}:
        raise Refused("Please use a valid role: user, model.")
    speaker: Any = "assistant" if role == "model" else "user"
    for at, part in enumerate(_parts(where, content)):
        here = f"{where}.parts[{at}]"
        _signature(here, part, role, ledger)
        if "functionCall" in part:
            yield _call(here, part, role)
        elif "functionResponse" in part:
            yield _response(here, part["functionResponse"], role)
        elif "text" in part:
            yield Entry(speaker, "thinking" if part.get("thought") else "text", part["text"])
        else:
            yield Entry(speaker, "other", json.dumps(part, ensure_ascii=False))


def sealed_call(name: str, args: object) -> str:
    """What a function call's signature is made over."""
    return json.dumps([name, args], ensure_ascii=False, sort_keys=True)


def _signature(where: str, part: Mapping[str, Any], role: str, ledger: Ledger) -> None:
    signature = part.get("thoughtSignature")
    call = part.get("functionCall")
    if signature is None:
        issued = ledger.sealed_with(str(call.get("id"))) if isinstance(call, dict) and call.get("id") else None
        if issued is not None and isinstance(call, dict):
            raise Refused(
                f"Function call is missing a thought_signature in functionCall parts. This is required for tools to work "
                f"correctly, and missing thought_signature may lead to degraded model performance. Additional data, "
                f"function call `default_api:{call.get('name')}`, {where}."
            )
        return
    if role != "model" or not isinstance(signature, str):
        raise Refused(f"Invalid value at '{where}.thought_signature' (TYPE_BYTES)")
    if signature in _WAIVERS:
        return
    if isinstance(call, dict):
        intact = ledger.intact(THOUGHT, signature, sealed_call(str(call.get("name")), call.get("args")))
    else:
        intact = ledger.genuine(THOUGHT, signature)
    if not intact:
        raise Refused("Corrupted thought signature.")


def _call(where: str, part: Mapping[str, Any], role: str) -> Entry:
    call = part["functionCall"]
    if role != "model":
        raise Refused("Please ensure that function call turn contains role model.")
    if not isinstance(call, dict) or not isinstance(call.get("name"), str) or not _NAME.match(call["name"]):
        raise Refused(f"* GenerateContentRequest.{where}.function_call.name: Name cannot be empty.\n")
    if not isinstance(call.get("args", {}), dict):
        raise Refused(f"Invalid value at '{where}.function_call.args' (type.googleapis.com/google.protobuf.Struct)")
    args = json.dumps(call.get("args", {}), ensure_ascii=False)
    return Entry("assistant", "call", args, str(call.get("id") or ""), call["name"])


def _response(where: str, response: object, role: str) -> Entry:
    if role == "model":
        raise Refused("Please ensure that function response turn contains role user.")
    if not isinstance(response, dict) or not isinstance(response.get("name"), str) or not response["name"]:
        raise Refused(f"* GenerateContentRequest.{where}.function_response.name: Name cannot be empty.\n")
    held = response.get("response")
    if not isinstance(held, dict):
        raise Refused(
            f"Invalid value at '{where}.function_response.response' (type.googleapis.com/google.protobuf.Struct)"
        )
    text = next((held[key] for key in ("output", "result", "error", "content") if isinstance(held.get(key), str)), None)
    return Entry(
        "user",
        "result",
        text if text is not None else json.dumps(held, ensure_ascii=False),
        str(response.get("id") or ""),
        response["name"],
    )


def _pairing(contents: Sequence[Mapping[str, Any]]) -> None:
    waiting: list[tuple[str, str]] = []
    for index, content in enumerate(contents):
        parts = content["parts"] if isinstance(content["parts"], list) else [content["parts"]]
        calls = _ids(parts, "functionCall")
        answers = _ids(parts, "functionResponse")
        if answers:
            _match(waiting, answers)
            waiting = []
        elif waiting:
            raise Refused(
                "Please ensure that function call turn comes immediately after a user turn or after a function response "
                "turn, and that the function response turn comes immediately after it."
            )
        if calls:
            if index == 0 or contents[index - 1].get("role") == "model":
                raise Refused(
                    "Please ensure that function call turn comes immediately after a user turn or after a function "
                    "response turn."
                )
            waiting = calls


def _match(calls: Sequence[tuple[str, str]], answers: Sequence[tuple[str, str]]) -> None:
    if not calls:
        raise Refused("Please ensure that function response turn comes immediately after a function call turn.")
    unequal = Refused(
        "Please ensure that the number of function response parts is equal to the number of function call parts of the "
        "function call turn."
    )
    by_id = all(call_id for call_id, _ in calls) and all(call_id for call_id, _ in answers)
    if by_id:
        # A response may come twice with one id: Gemini CLI sends it so when a turn is replayed.
        if set(calls) != set(answers):
            raise unequal
        return
    if [name for _, name in calls] != [name for _, name in answers]:
        raise unequal


def _ids(parts: Sequence[Mapping[str, Any]], kind: str) -> list[tuple[str, str]]:
    return [(str(part[kind].get("id") or ""), str(part[kind].get("name"))) for part in parts if kind in part]


def _tools(data: Mapping[str, Any]) -> list[str]:
    tools = data.get("tools")
    if tools is None:
        return []
    if not isinstance(tools, list):
        raise Refused("Invalid value at 'tools'")
    names: list[str] = []
    for index, tool in enumerate(tools):
        if not isinstance(tool, dict):
            raise Refused(f"Invalid value at 'tools[{index}]'")
        for at, declared in enumerate(tool.get("functionDeclarations") or ()):
            where = f"tools[{index}].function_declarations[{at}]"
            name = declared.get("name") if isinstance(declared, dict) else None
            if not isinstance(name, str) or not _NAME.match(name):
                raise Refused(
                    f"* GenerateContentRequest.{where}.name: Invalid function name. Must start with a letter or an underscore.\n"
                )
            if "parameters" in declared and "parametersJsonSchema" in declared:
                raise Refused(
                    f"* GenerateContentRequest.{where}: only one of parameters and parameters_json_schema may be set.\n"
                )
            if name in names:
                raise Refused(f"Duplicate function declaration found: {name}")
            names.append(name)
    return names


def _tool_config(data: Mapping[str, Any], tools: Sequence[str]) -> None:
    config = (data.get("toolConfig") or {}).get("functionCallingConfig")
    if config is None:
        return
    mode = config.get("mode", "AUTO")
    if mode not in {"MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"}:
        raise Refused(f"Invalid value at 'tool_config.function_calling_config.mode', \"{mode}\"")
    for name in config.get("allowedFunctionNames") or ():
        if name not in tools:
            raise Refused(f"allowed_function_names: '{name}' is not among the declared functions.")
