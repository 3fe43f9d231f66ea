"""``--intercept [PORT]``: a flag that may be followed by a number."""

from __future__ import annotations

import click

FLAG = "--intercept"
PORT = "--intercept-port"


class OptionalPort(click.Command):
    """A command whose ``--intercept`` takes the number behind it, or the one after ``=``, as the port of the listener."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments with the port spelled as an option of its own."""
        valued = {
            name
            for param in self.get_params(ctx)
            if isinstance(param, click.Option) and not param.is_flag
            for name in param.opts
        }
        return super().parse_args(ctx, spelled_out(args, valued, to_the_end=ctx.allow_interspersed_args))


def spelled_out(args: list[str], valued: set[str], *, to_the_end: bool) -> list[str]:
    """The arguments with ``--intercept 9000`` as ``--intercept --intercept-port 9000``.

    ``valued`` are the options that take a value. Unless ``to_the_end``, what follows the first word that is none of
    ours belongs to another program; what follows ``--`` does so anyway.
    """
    out: list[str] = []
    rest = list(args)
    while rest:
        word = rest.pop(0)
        if word == "--" or (not to_the_end and not word.startswith("-")):
            return [*out, word, *rest]
        if word == FLAG and rest and rest[0].isdecimal():
            out += [FLAG, PORT, rest.pop(0)]
        elif word.startswith(f"{FLAG}="):
            out += [FLAG, PORT, word.partition("=")[2]]
        else:
            out.append(word)
            if word in valued and rest:
                out.append(rest.pop(0))
    return out
