"""A library as one Markdown document: fields, ids, groups, parts, and what is lent to it."""

from pathlib import Path

import pytest

from drafter.errors import LibraryError
from drafter.library import Library, load_library


def read(folder: Path, text: str) -> Library:
    path = folder / "tracks.md"
    path.write_text(text, encoding="utf-8")
    return load_library(path)


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(LibraryError) as caught:
        read(folder, text)
    return str(caught.value).removeprefix(str(folder / "tracks.md"))


HEADINGS = {
    "RL (强化学习)": "rl",
    "Pre/Post-train × RL (模型自我进化)": "self-evolution",
    "NLP (自然语言处理)": "nlp",
    "MOE (混合专家)": "moe",
    "EVAL (评估)": "eval",
    "data (数据)": "data",
    "AI4S (AI for Science)": "ai4s",
    "Audio (语音)": "audio",
    "MLSys (机器学习系统)": "mlsys",
    "LLM4CODE (代码生成)": "llm4code",
    "Multimodal (多模态)": "multimodal",
    "Pre-training (预训练)": "pre-training",
    "post-train (后训练)": "post-training",
    "Alignment (对齐)": "alignment",
    "Reasoning (推理)": "reasoning",
    "Agent&RAG (智能体与检索)": "agent-rag",
    "Interpretable AI (可解释AI)": "interpretability",
    "Embodiment (具身智能)": "embodiment",
    "Computer Vision (计算机视觉)": "cv",
    "Recommendation System (推荐系统)": "recsys",
    "Federated Learning (联邦学习)": "federated-learning",
    "Trustworthy AI (可信AI)": "trustworthy",
}


def test_the_headings_of_the_bundled_document_keep_their_ids(tmp_path: Path) -> None:
    text = "\n".join(f"## {n}. {heading}\n- 问题{n}\n" for n, heading in enumerate(HEADINGS, start=1))
    library = read(tmp_path, text)
    assert list(library.fields) == list(HEADINGS.values())
    assert list(library.tracks) == [f"{field}.1" for field in HEADINGS.values()]


@pytest.mark.parametrize(
    ("heading", "field", "zh", "en"),
    [
        ("## 1. RL (强化学习)", "rl", "强化学习", "RL"),
        ("## 1. RL（强化学习）", "rl", "强化学习", "RL"),
        ("## 1、RL", "rl", "RL", "RL"),
        ("##  12.Agent & RAG (智能体)  ", "agent-rag", "智能体", "Agent & RAG"),
        ("## 1. 强化学习 (RL)", "rl", "强化学习", "RL"),
        ("## 1. AI4S (AI for Science)", "ai4s", "AI for Science", "AI4S"),
        ("## 1. Quantum ML (量子机器学习)", "quantum-ml", "量子机器学习", "Quantum ML"),
        ("## 7. 量子机器学习", "field-1", "量子机器学习", None),
        ("## 7. 量子（机器学习）", "field-1", "量子", None),
    ],
)
def test_a_heading_names_a_field(tmp_path: Path, heading: str, field: str, zh: str, en: str | None) -> None:
    """A known name keeps its id, another Latin one becomes a slug, a purely Chinese one `field-N`."""
    [made] = read(tmp_path, f"{heading}\n- 一个问题\n").fields.values()
    assert (made.id, made.name.zh, made.name.en) == (field, zh, en)
    assert zh in made.aliases


def test_chinese_fields_are_counted(tmp_path: Path) -> None:
    library = read(tmp_path, "## 1. 量子\n- 一\n## 2. RL\n- 二\n## 3. 光子\n- 三\n")
    assert list(library.tracks) == ["field-1.1", "rl.1", "field-3.1"]


DOCUMENT = """\
# 话术

1. 这一段是说明
- 这一条也是说明

## 使用方法
- 不是话术

## 1. RL (强化学习)

### 专业话术
- 第一个问题
- **第二个**问题，讲 `reward`
  接着第二行

### FDE 范式话术
- 第三个问题：
  1) 第一部分
  2）第二部分，很长
     接着 3.5 行
  3. 第三部分
* 第四个问题

### 其他
+ 第五个问题

## 通用话术 (适用于所有领域)

1. 前一条

### FDE (Forward Deploy Engineer) 范式话术
2. **Self loop + FDE**: 后一条
- 最后一条
"""


def test_a_document_is_read(tmp_path: Path) -> None:
    """Bullets count through all groups, a bullet with parts is their lead, a group naming FDE makes its tracks `fde`."""
    library = read(tmp_path, DOCUMENT)
    assert {track.id: (track.zh, track.kind, track.lead.zh if track.lead else None) for track in library} == {
        "rl.1": ("第一个问题", "technical", None),
        "rl.2": ("第二个问题，讲 reward 接着第二行", "technical", None),
        "rl.3.1": ("第一部分", "fde", "第三个问题"),
        "rl.3.2": ("第二部分，很长 接着 3.5 行", "fde", "第三个问题"),
        "rl.3.3": ("第三部分", "fde", "第三个问题"),
        "rl.4": ("第四个问题", "fde", None),
        "rl.5": ("第五个问题", "technical", None),
        "general.1": ("前一条", "technical", None),
        "general.2": ("Self loop + FDE: 后一条", "fde", None),
        "general.3": ("最后一条", "fde", None),
    }
    assert list(library.fields) == ["rl", "general"]
    assert library.source == str(tmp_path / "tracks.md")


def test_a_document_speaks_chinese_only(tmp_path: Path) -> None:
    for track in read(tmp_path, DOCUMENT):
        assert track.en is None
        assert track.text("en") == track.zh
        assert track.lead is None or track.lead.en is None


def test_line_ends_and_a_byte_order_mark_do_not_matter(tmp_path: Path) -> None:
    changed = "\ufeff" + DOCUMENT.replace("\n", "\r\n")
    assert read(tmp_path, changed).digest == read(tmp_path, DOCUMENT).digest


def test_bullets_in_nearly_the_same_words_are_twins(tmp_path: Path) -> None:
    long = "如何定义下一个时代的高质量数据，如何把这种能力泛化到更多任务上去"
    library = read(tmp_path, f"## 1. RL\n- {long}\n- 别的问题，完全不同的一件事情\n## 2. MoE\n- {long}呢\n- 短\n- 短\n")
    assert {track.id: track.twins for track in library if track.twins} == {"rl.1": ("moe.1",), "moe.1": ("rl.1",)}
    assert library.same_point("rl.1", "moe.1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ": holds no field with talk tracks. Fields are headings like “## 1. RL (强化学习)” with bullets below"),
        ("# 只有标题\n- 一条\n", ": holds no field with talk tracks"),
        ("## 1. RL (强化学习)\n一段话\n", ": holds no field with talk tracks"),
        ("## 没有编号\n- 一条\n", ": holds no field with talk tracks"),
        ("## 1. RL\n- 一\n\n## 2. RL (强化学习)\n- 二\n", ":4: a second section for field “rl”"),
        ("## 1. RL\n- 一\n## 2. MoE\n- **\n", ":3: field “moe” holds a heading, bullet or part without text"),
        ("## 1. RL\n- 一\n- ：\n  1) 二\n", ":1: field “rl” holds a heading, bullet or part without text"),
        ("## 1. ()\n- 一\n", ":1: field “field-1” holds a heading, bullet or part without text"),
    ],
)
def test_a_document_that_is_no_library_says_why(tmp_path: Path, text: str, said: str) -> None:
    assert refusal(tmp_path, text).startswith(said)


def test_a_document_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tracks.md"
    path.write_bytes(DOCUMENT.encode("gb18030"))
    with pytest.raises(LibraryError) as caught:
        load_library(path)
    assert str(caught.value).startswith(f"{path}: cannot be read (")


def test_a_folder_of_yaml_files_lends_a_document_names_and_vocabulary(tmp_path: Path) -> None:
    table = tmp_path / "table"
    table.mkdir()
    (table / "rl.yaml").write_text(
        "id: rl\nname: {zh: 强化, en: reinforcement learning}\naliases: [RLHF]\nvocabulary: {strong: [reward model]}\n"
        "tracks: [{id: rl.1, zh: 别的}]\n",
        encoding="utf-8",
    )
    path = tmp_path / "tracks.md"
    path.write_text("## 1. RL (强化学习)\n- 一个问题\n## 2. 量子\n- 又一个\n", encoding="utf-8")
    library = load_library(path, table=table)
    assert library.fields["rl"].vocabulary.strong == ("reward model",)
    assert library.fields["rl"].aliases == ("强化学习", "RL", "RLHF")
    assert library.tracks["rl.1"].zh == "一个问题"
    assert not library.fields["field-2"].vocabulary.strong
    assert load_library(path).fields["rl"].vocabulary.strong == ()


def test_a_long_document_is_read(tmp_path: Path) -> None:
    text = "".join(f"## {n}. F{n}\n" + f"- 问题 {n} 关于 reward model\n" * 40 for n in range(20))
    assert len(read(tmp_path, text).tracks) == 800
