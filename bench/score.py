"""Figures on labelled cases, from the program's own JSON.

mapping    top1: the first field is an acceptable one; recall@3: share of the true fields among the first three; given:
           share of the first three that are true; none: recognized / wrongly refused as fitting no field.
selection  nDCG@3 (gain 2^grade - 1), and precision@2: share of the top two with a grade of at least 1.
checker    precision, recall and F1 of the verdict "present" ("unsure" counts as not present; cases labelled "partial"
           are left out), and the share of judgements left open.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def mapping(gold: Sequence[Row], got: Mapping[str, Row]) -> tuple[list[str], list[str]]:
    """Return the lines of figures and the wrong cases for `drafter map`."""
    groups: dict[str, list[tuple[bool, float | None]]] = defaultdict(list)
    given: list[float] = []
    none: dict[bool, list[bool]] = {True: [], False: []}
    wrong: list[str] = []
    for row in gold:
        fields = [match["field"] for match in got[row["id"]]["fields"]][:3]
        first = fields[0] if fields else "none"
        truth = set(row["fields"]) - {"none"}
        recall = len(truth & set(fields)) / len(truth) if truth else None
        if truth and fields:
            given.append(len(truth & set(fields)) / len(fields))
        none[row["primary"] == "none"].append(first == "none")
        for group in ("all", row["lang"], row["kind"]):
            groups[group].append((first in row["acceptable"], recall))
        if first not in row["acceptable"]:
            wrong.append(f"{row['id']}: said {first}, labelled {'/'.join(row['acceptable'])}")
    lines = []
    for name, values in groups.items():
        recalls = [r for _, r in values if r is not None]
        line = f"{name:8} n={len(values):4} first acceptable={_mean(ok for ok, _ in values):.3f}"
        lines.append(line + (f" recall@3={_mean(recalls):.3f}" if recalls else ""))
    lines.append(f"precision of the first three given={_mean(given):.3f}")
    lines.append(f"fits no field: recognized={_mean(none[True]):.3f} wrongly refused={_mean(none[False]):.3f}")
    return lines, wrong


def selection(gold: Sequence[Row], got: Mapping[str, Row]) -> tuple[list[str], list[str]]:
    """Return the lines of figures and the wrong cases for `drafter select --all`."""
    ndcg, precision, wrong = [], [], []
    for row in gold:
        ranked = [track["track"] for track in got[row["id"]]["tracks"] if track["track"] in row["grades"]]
        best = sorted(row["grades"].values(), reverse=True)
        value = _dcg(row["grades"][track] for track in ranked[:3]) / _dcg(best[:3])
        ndcg.append(value)
        precision.append(sum(row["grades"][track] >= 1 for track in ranked[:2]) / 2)
        if value < 0.6:
            wrong.append(f"{row['id']} ({row['field']}): said {ranked[:3]}, grades {row['grades']}")
    return [f"n={len(ndcg)} nDCG@3={_mean(ndcg):.3f} precision@2={_mean(precision):.3f}"], wrong


def checker(gold: Sequence[Row], got: Mapping[str, Row]) -> tuple[list[str], list[str]]:
    """Return the lines of figures and the wrong cases for `drafter check`."""
    cells: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    kinds: dict[str, list[bool]] = defaultdict(list)
    unsure, wrong = [], []
    for row in gold:
        verdicts = {verdict["track"]: verdict["verdict"] for verdict in got[row["id"]]["tracks"]}
        for judgement in row["judgements"]:
            if judgement["label"] == "partial":
                continue
            verdict = verdicts[judgement["track"]]
            said, true = verdict == "present", judgement["label"] == "present"
            unsure.append(verdict == "unsure")
            for name in ("all", row["lang"]):
                cells[name] = [cells[name][0] + (said and true), cells[name][1] + said, cells[name][2] + true]
            kinds[judgement["kind"]].append(said == true)
            if said != true:
                case = f"{row['id']} {judgement['track']}"
                wrong.append(f"{case}: labelled {judgement['label']} ({judgement['kind']}), said {verdict}")
    lines = [_prf(name, *cell) for name, cell in cells.items()]
    lines.append(f"unsure {_mean(unsure):.3f} of n={len(unsure)}")
    lines += [f"  {kind:16} right {sum(v)}/{len(v)} = {_mean(v):.3f}" for kind, v in sorted(kinds.items())]
    return lines, wrong


def _prf(name: str, hits: int, said: int, true: int) -> str:
    precision, recall = hits / said if said else 0.0, hits / true if true else 0.0
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    return f"{name:4} P={precision:.3f} R={recall:.3f} F1={f1:.3f}"


def _dcg(grades: Iterable[int]) -> float:
    return sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades))


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0
