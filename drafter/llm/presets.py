"""The providers known by name: where they are, whose key they take, and what they can be asked for.

Addresses and modes are from the providers' own documentation as of November 2026. Names of models change too often to
be kept here; the one default is for the provider that is used when nothing is said.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from drafter.llm.base import ALL_MODES, Mode

JSON_ONLY: tuple[Mode, ...] = ("json_object", "text")


@dataclass(frozen=True)
class Preset:
    """A provider of models that speaks OpenAI's protocol.

    Args:
        name: what `--provider` calls it.
        base_url: its address; another one can be set beside it, such as the one for another region.
        key_variable: the environment variable that its users keep their key in.
        default_model: the model if none is named; None if one must be.
        modes: the modes worth trying, in order.
        local: runs on one's own machine and needs no key.
        cap: the field that limits an answer's length.
        no_thinking: fields that switch thinking off; a mail needs none, and it is slow and billed as output.
        aliases: other variables that people keep this provider's key in.
    """

    name: str
    base_url: str
    key_variable: str
    default_model: str | None = None
    modes: tuple[Mode, ...] = ALL_MODES
    local: bool = False
    cap: str = "max_tokens"
    no_thinking: Mapping[str, Any] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()


_TYPE_DISABLED: Mapping[str, Any] = {"thinking": {"type": "disabled"}}
_NOT_ENABLED: Mapping[str, Any] = {"enable_thinking": False}
_IN_TEMPLATE: Mapping[str, Any] = {"chat_template_kwargs": {"enable_thinking": False}}

PRESETS = {
    preset.name: preset
    for preset in (
        Preset("openai", "https://api.openai.com/v1", "OPENAI_API_KEY", default_model="gpt-5.4-mini", cap="max_completion_tokens"),
        Preset("deepseek", "https://api.deepseek.com", "DEEPSEEK_API_KEY", modes=JSON_ONLY, no_thinking=_TYPE_DISABLED),
        Preset("qwen", "https://dashscope.aliyuncs.com/compatible-mode/v1", "DASHSCOPE_API_KEY", modes=JSON_ONLY, no_thinking=_NOT_ENABLED),
        # its newest models always think: there is no switch, and one more field may be refused
        Preset("kimi", "https://api.moonshot.cn/v1", "MOONSHOT_API_KEY", modes=JSON_ONLY, cap="max_completion_tokens"),
        # the path really ends in v4: nothing is to be appended
        Preset("glm", "https://open.bigmodel.cn/api/paas/v4", "ZHIPUAI_API_KEY", modes=JSON_ONLY, no_thinking=_TYPE_DISABLED, aliases=("ZAI_API_KEY", "GLM_API_KEY")),
        Preset("siliconflow", "https://api.siliconflow.cn/v1", "SILICONFLOW_API_KEY", modes=JSON_ONLY, no_thinking=_NOT_ENABLED),
        Preset("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", no_thinking={"reasoning": {"enabled": False}}),
        Preset("ollama", "http://localhost:11434/v1", "OLLAMA_API_KEY", local=True, no_thinking={"reasoning_effort": "none"}),
        Preset("vllm", "http://localhost:8000/v1", "VLLM_API_KEY", local=True, no_thinking=_IN_TEMPLATE),
        Preset("llamacpp", "http://localhost:8080/v1", "LLAMA_API_KEY", local=True, no_thinking=_IN_TEMPLATE),
        # LM Studio takes a schema or nothing, and refuses json_object
        Preset("lmstudio", "http://localhost:1234/v1", "LM_STUDIO_API_KEY", modes=("json_schema", "text"), local=True),
    )
}  # fmt: skip
"""Presets by name."""


def is_loopback(base_url: str) -> bool:
    """Return whether the address is one of this machine's own."""
    host = urlsplit(base_url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        number = ip_address(host)
    except ValueError:
        return False
    return number.is_loopback or number.is_unspecified
