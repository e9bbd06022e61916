"""The providers known by name: where they are, whose key they take, and what they can be asked for.

Addresses and modes are from the providers' own documentation as of November 2026. Names of models change too often to
be kept here; the one default is for the provider that is used when nothing is said.
"""

from dataclasses import dataclass
from ipaddress import ip_address
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
    """

    name: str
    base_url: str
    key_variable: str
    default_model: str | None = None
    modes: tuple[Mode, ...] = ALL_MODES
    local: bool = False


PRESETS = {
    preset.name: preset
    for preset in (
        Preset("openai", "https://api.openai.com/v1", "OPENAI_API_KEY", default_model="gpt-5.4-mini"),
        Preset("deepseek", "https://api.deepseek.com", "DEEPSEEK_API_KEY", modes=JSON_ONLY),
        Preset("qwen", "https://dashscope.aliyuncs.com/compatible-mode/v1", "DASHSCOPE_API_KEY", modes=JSON_ONLY),
        Preset("kimi", "https://api.moonshot.cn/v1", "MOONSHOT_API_KEY", modes=JSON_ONLY),
        # the path really ends in v4: nothing is to be appended
        Preset("glm", "https://open.bigmodel.cn/api/paas/v4", "ZHIPUAI_API_KEY", modes=JSON_ONLY),
        Preset("siliconflow", "https://api.siliconflow.cn/v1", "SILICONFLOW_API_KEY", modes=JSON_ONLY),
        Preset("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
        Preset("ollama", "http://localhost:11434/v1", "OLLAMA_API_KEY", local=True),
        Preset("vllm", "http://localhost:8000/v1", "VLLM_API_KEY", local=True),
        Preset("llamacpp", "http://localhost:8080/v1", "LLAMA_API_KEY", local=True),
        # LM Studio takes a schema or nothing, and refuses json_object
        Preset("lmstudio", "http://localhost:1234/v1", "LM_STUDIO_API_KEY", modes=("json_schema", "text"), local=True),
    )
}
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
