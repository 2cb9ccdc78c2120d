"""`kamaki config`. Spec: kamaki 5.1."""

import click

from kamaki.choice import Choice
from kamaki.errors import KamakiError


@click.group()
def group() -> None:
    """Settings of this program: clouds, tokens, defaults."""


@group.command("list")
@click.pass_obj
def list_options(choice: Choice) -> None:
    """List every option and its value."""
    for name, value in choice.config.listed():
        shown = "***" if name.rpartition(".")[2] == "token" and value else value
        click.echo(f"{name} {shown}")


@group.command()
@click.argument("option")
@click.pass_obj
def get(choice: Choice, option: str) -> None:
    """Show an option, or all of a group or cloud."""
    wanted = option if "." in option or option in {"cloud", "global"} else f"global.{option}"
    found = [
        (name, value)
        for name, value in choice.config.listed()
        if name == wanted or name.startswith(f"{wanted}.")
    ]
    if not found:
        raise KamakiError(f"{option} not found", details=["To list all: kamaki config list"])
    if found[0][0] == wanted:
        click.echo(found[0][1])
        return
    for name, value in found:
        click.echo(f"{name} = {value}")


@group.command("set")
@click.argument("option")
@click.argument("value")
@click.pass_obj
def set_option(choice: Choice, option: str, value: str) -> None:
    """Set an option, such as cloud.NAME.url or default_cloud."""
    choice.config.set(option, value)


@group.command()
@click.argument("option")
@click.pass_obj
def delete(choice: Choice, option: str) -> None:
    """Remove an option, or a whole cloud with cloud.NAME."""
    choice.config.delete(option)
