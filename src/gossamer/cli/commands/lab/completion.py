"""`gossamer completion`: the script by which a shell completes commands, flags and live names."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from gossamer.cli.terminal.output import say

VARIABLE = "_GOSSAMER_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of SHELL.

    bash: `eval "$(gossamer completion bash)"` in ~/.bashrc. zsh: the same with zsh in ~/.zshrc.
    fish: `gossamer completion fish > ~/.config/fish/completions/gossamer.fish`.
    """
    completer = get_completion_class(shell)
    assert completer
    script = completer(ctx.find_root().command, {}, "gossamer", VARIABLE)
    say(script.source_template % script.source_vars())
