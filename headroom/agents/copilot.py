"""GitHub Copilot CLI: with a provider's own key through a base URL, or with its subscription by interception."""

from __future__ import annotations

from collections.abc import Mapping

from headroom.agents.plan import Base, Options, Plan, WrapError, carried, flag_value, kept

_TYPE = "COPILOT_PROVIDER_TYPE"
_URL = "COPILOT_PROVIDER_BASE_URL"
_KEY = "COPILOT_PROVIDER_API_KEY"
_WIRE = "COPILOT_PROVIDER_WIRE_API"
_KEYS = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY"}


def plan(base: Base, environ: Mapping[str, str], options: Options) -> Plan:
    """The provider's variables, checked. Raises ``WrapError`` for what can't work."""
    if options.subscription:
        return _subscription(options)
    kind = provider_type(environ, options)
    env = {_TYPE: kind}
    if kind == "anthropic":
        if options.wire_api is not None:
            raise WrapError("--wire-api is for --provider-type openai; the anthropic type has one format only")
        env[_URL] = base.of(options.project)
    else:
        wire = options.wire_api or environ.get(_WIRE) or "completions"
        if wire == "responses" and options.backend != "anthropic":
            raise WrapError(f"--wire-api responses does not work with the translated backend {options.backend}")
        env |= {_URL: f"{base.of(options.project)}/v1", _WIRE: wire}
    if not environ.get(_KEY):
        key = environ.get(_KEYS[kind])
        if not key:
            raise WrapError(
                f"copilot needs a key of the provider itself: set {_KEYS[kind]} or {_KEY}. "
                "A Copilot seat alone does not give one; --subscription uses the seat instead"
            )
        env[_KEY] = key
    model = _model(environ, options)
    if model == "auto":
        raise WrapError("--model auto is Copilot's own; with a provider's key name a model, such as claude-sonnet-4-5")
    notes = () if model else ("copilot needs a model with a provider's key: --model, or COPILOT_MODEL",)
    own = carried(environ, (_URL,), base)
    return Plan(env, notes=notes, upstreams=kept(**{kind: own}))


def provider_type(environ: Mapping[str, str], options: Options) -> str:
    """Anthropic or openai: as asked, else as the environment says, else by the proxy's backend."""
    if options.provider_type != "auto":
        return options.provider_type
    named = environ.get(_TYPE, "").strip().lower()
    if named:
        if named not in _KEYS:
            raise WrapError(f"{_TYPE}={named}: headroom serves anthropic and openai")
        return named
    return "anthropic" if options.backend == "anthropic" else "openai"


def _subscription(options: Options) -> Plan:
    if options.provider_type == "anthropic":
        raise WrapError("--subscription keeps Copilot's own hosts; it can't be combined with --provider-type anthropic")
    if options.backend != "anthropic":
        raise WrapError(
            f"--subscription goes to Copilot's own hosts; the translated backend {options.backend} can't serve it"
        )
    if options.wire_api is not None:
        raise WrapError("--wire-api has no effect with --subscription: Copilot chooses the format by the model")
    return Plan(arguments=_without_auto(options.arguments), intercept=True)


def _model(environ: Mapping[str, str], options: Options) -> str | None:
    given = flag_value(options.arguments, "--model")
    return given or environ.get("COPILOT_MODEL") or environ.get("COPILOT_PROVIDER_MODEL_ID") or None


def _without_auto(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """The arguments without ``--model auto``, which older versions refuse."""
    kept_words: list[str] = []
    skip = False
    for index, word in enumerate(arguments):
        if skip:
            skip = False
        elif word == "--model" and arguments[index + 1 : index + 2] == ("auto",):
            skip = True
        elif word != "--model=auto":
            kept_words.append(word)
    return tuple(kept_words)
