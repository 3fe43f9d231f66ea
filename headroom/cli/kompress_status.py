"""What ``headroom kompress status`` says: the libraries, the model's files, and what the running proxy says of its own."""

from __future__ import annotations

import os
from typing import Any

import click

from headroom.cli.ask import NotRunning, ask
from headroom.compress.kompress.errors import ModelError
from headroom.compress.kompress.status import Status
from headroom.settings import Settings


def facts_of(settings: Settings, *, port: int, check: bool) -> dict[str, Any]:
    """All of it as JSON; with ``check`` the files are compared with their checksums, too."""
    from importlib.metadata import PackageNotFoundError, version

    from headroom.compress.kompress import files
    from headroom.compress.kompress.opening import gpu_at_hand, open_engine

    libraries: dict[str, str | None] = {}
    for name in ("torch", "transformers", "safetensors", "tokenizers", "onnxruntime"):
        try:
            libraries[name] = version(name)
        except PackageNotFoundError:
            libraries[name] = None
    engine = open_engine(settings, os.environ)
    state = engine if isinstance(engine, Status) else None
    facts: dict[str, Any] = {"libraries": libraries, "gpu": gpu_at_hand(), "url": settings.kompress_url}
    facts["usable"] = state is None
    facts["state"], facts["reason"] = ("available", "") if state is None else (state.state, state.reason)
    try:
        model = files.find(settings.kompress_model, workspace=settings.workspace, environ=os.environ)
        facts["model"] = None if model is None else _shown(model)
        if model is not None and check:
            for path in (model.torch, *model.onnx, model.tokenizer):
                if path is not None:
                    files.verified(model, path)
            facts["checked"] = True
    except ModelError as error:
        facts["model"], facts["usable"], facts["state"], facts["reason"] = None, False, "failed", str(error)
    facts["proxy"] = _running(port)
    return facts


def _shown(model: Any) -> dict[str, Any]:
    paths = [path for path in (model.torch, *model.onnx, model.tokenizer) if path is not None]
    return {
        "name": model.name,
        "folder": str(model.folder),
        "files": {str(path): path.stat().st_size for path in paths},
    }


def _running(port: int) -> dict[str, Any] | None:
    """What the proxy on this machine says of its model; None when there is none."""
    try:
        found = ask(port, "/stats?cached=1").get("kompress")
    except (NotRunning, AttributeError):
        return None
    return found if isinstance(found, dict) else None


def show(facts: dict[str, Any]) -> None:
    """Print it for people."""
    click.echo("libraries  " + "  ".join(f"{name} {found or '-'}" for name, found in facts["libraries"].items()))
    model = facts["model"]
    if model is not None:
        click.echo(f"model      {model['name']} in {model['folder']}")
        for path, size in model["files"].items():
            click.echo(f"           {size / 1e6:8,.1f} MB  {path}")
    if facts.get("checked"):
        click.echo("checksums  as they should be, where any are known")
    if facts["url"]:
        click.echo(f"server     {facts['url']}")
    click.echo(f"state      {facts['state']}" + (f": {facts['reason']}" if facts["reason"] else ""))
    proxy = facts["proxy"]
    if proxy is None:
        click.echo("proxy      none is running on this port")
        return
    where = " on ".join(str(part) for part in (proxy.get("backend"), proxy.get("device")) if part)
    speed = f", {proxy['words_per_second']:,.0f} words a second" if proxy.get("words_per_second") else ""
    click.echo(
        f"proxy      {proxy.get('state')}{f' ({where}{speed})' if where else ''}: {proxy.get('reason') or 'all is well'}"
    )
    click.echo(f"           {proxy.get('calls')} texts scored, {proxy.get('fallbacks')} left to the rules")
