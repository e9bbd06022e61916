"""`drafter config`: each setting, its value and where it comes from."""

from drafter.cli.common import JsonOption, Run, json_line


def config(json: JsonOption = False) -> None:
    """Show each setting and where it comes from; keys are masked."""
    from drafter.settings import described

    for setting in described(Run().settings):
        if json:
            print(json_line({"setting": setting.name, "value": setting.value, "source": setting.source}), flush=True)
        else:
            print(f"{setting.name:14} {setting.value or '(not set)':50} {setting.source}", flush=True)
