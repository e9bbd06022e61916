"""How things that can be looked up look in running text: venues, institutions, awards, people, systems, promises."""

import re
from collections.abc import Iterator

from drafter.candidate import Language

VENUE = re.compile(
    r"(?<![A-Za-z0-9])(?:NeurIPS|NIPS|ICML|ICLR|AAAI|IJCAI|AISTATS|UAI|COLT|COLM|ACL|EMNLP|NAACL|EACL|AACL|COLING|TACL|CoNLL|CVPR|ICCV|ECCV|WACV|BMVC|ACCV|SIGGRAPH(?: Asia)?"
    r"|ACM MM|ICRA|IROS|CoRL|RSS|Interspeech|INTERSPEECH|ICASSP|ISMIR|ASRU|SLT|KDD|SIGIR|WSDM|CIKM|RecSys|TheWebConf|WWW|VLDB|SIGMOD|ICDE|OSDI|SOSP|NSDI|ASPLOS|ISCA|MICRO|HPCA"
    r"|EuroSys|USENIX(?: Security| ATC)?|MLSys|PPoPP|SC2\d|ICSE|FSE|ISSTA|ASE|PLDI|POPL|CCS|NDSS|IEEE S&P|FAccT|CHI|UIST|MICCAI|ISBI|JMLR|TMLR|TPAMI|PAMI|IJCV|TIP|TNNLS"
    r"|Nature(?: \w+)?|Science(?: \w+)?(?= (?:paper|article|cover)| 上| 正刊)|PNAS|ICDM|ISWC|ECML(?: PKDD)?|ICAPS|TOIS|ACM TOIS|TKDE|TOG|ToG|SIGDIAL|SemEval|LREC|CAV|ITP|CADE|TACAS|OOPSLA|ICPC|MSR|SaTML|PETS|PoPETs|AAMAS|L4DC|CPAL|CHIL|MLHC|ISCSLP|HRI|RA-L|T-RO|IV|ITSC|3DV|DAC|ICCAD|DATE|HotOS|SIGCOMM|INFOCOM|IPDPS|HPDC|ATC|FAST|SoCC|PODS|EDBT|ISSCC|CIDR|WMT|BEA|INLG|IWSLT|LREC-COLING|Cell(?= paper)|The Lancet)(?![A-Za-z0-9])"
)

_PLACES = (
    "Google|DeepMind|OpenAI|Meta AI|FAIR|Microsoft|MSR|Anthropic|NVIDIA|Nvidia|Apple|Amazon|IBM|Intel|Huawei|Tencent|Alibaba|Baidu|ByteDance|Bytedance|Xiaomi|Mistral|Cohere|xAI"
    "|Stanford|MIT|CMU|Carnegie Mellon|Berkeley|Princeton|Harvard|Yale|Oxford|Cambridge|ETH(?: Zurich| Zürich)?|EPFL|Tsinghua|Peking|Fudan|Zhejiang|SJTU|USTC|NUS|NTU|KAIST|Mila|HKUST"
)
INSTITUTION = re.compile(
    rf"(?<![A-Za-z0-9])(?:{_PLACES})(?![A-Za-z0-9-])"
    r"|\b(?:University|Institute|College|Academy) of (?:the )?[A-Z]\w+(?: (?:and|of|at|in) [A-Z]\w+| [A-Z]\w+){0,3}"
    r"|\b(?:[A-ZÀ-Þ][\wÀ-ɏ'’-]+ ){1,3}(?:University|Institute|College|Academy|Labs?|Laboratory|Laboratories|Research)\b(?! (?:on|in|question|problem|engineer|scientist|recruit))"
    r"|(?:清华|北大|复旦|浙大|上海交大|中科大|中科院|南大|哈工大|港科大|谷歌|微软|英伟达|字节(?:跳动)?|阿里(?:巴巴)?|腾讯|百度|华为|小米|商汤|旷视|智源|月之暗面|智谱)"
    r"|(?:(?<=[在于到从任是，。：；（ 的])|^)[^\W\d_的了要从若在与和是我你您这那个些想里做把被让给看用更很到不也都就]{2,8}(?:大学|学院|研究院|研究所|(?<!自主)(?<!自动化)(?<!国家)(?<!重点)(?<!工业)(?<!湿)(?<!机器人)(?<!虚拟)(?<!材料)(?<!化学)(?<!生物)实验室|科学院)(?!里|环境|中|条件)"
)

_ALIASES = (
    ("清华", "tsinghua"), ("北大", "北京大学", "peking"), ("复旦", "fudan"), ("浙大", "浙江大学", "zhejiang"), ("上海交大", "上海交通大学", "sjtu", "shanghai jiao tong"),
    ("中科大", "中国科学技术大学", "ustc", "university of science and technology of china"), ("中科院", "中国科学院", "chinese academy of sciences"), ("南大", "南京大学", "nanjing"),
    ("哈工大", "哈尔滨工业大学", "harbin institute"), ("港科大", "香港科技大学", "hkust"), ("谷歌", "google"), ("微软", "microsoft", "msr"), ("英伟达", "nvidia"),
    ("字节", "字节跳动", "bytedance"), ("阿里", "阿里巴巴", "alibaba"), ("腾讯", "tencent"), ("百度", "baidu"), ("华为", "huawei"), ("小米", "xiaomi"), ("斯坦福", "stanford"),
    ("麻省理工", "mit", "massachusetts institute"), ("伯克利", "berkeley"), ("cmu", "carnegie mellon", "卡内基梅隆"), ("eth", "苏黎世"), ("nus", "national university of singapore", "新加坡国立"),
    ("ntu", "nanyang", "南洋理工"), ("fair", "meta ai", "meta"),
)  # fmt: skip
"""Names of the same place; a mail may use another one than the record."""


def other_names(place: str) -> tuple[str, ...]:
    """Return all names under which a place may stand in the record, its own first."""
    low = place.lower()
    same = next((group for group in _ALIASES if any(name in low for name in group)), ())
    return (place, *same)


AWARD = re.compile(
    r"\b(?:best|outstanding|distinguished|test[- ]of[- ]time) (?:student )?(?:paper|thesis|dissertation|poster|demo)(?: award)?|\b(?:Turing|ACM|IEEE|Sloan|Fulbright|Marie Curie|Rhodes|Schmidt) "
    r"(?:Award|Fellow(?:ship)?|Prize|Medal)|\b(?:spotlight|oral) (?:paper|presentation|at)|\b\w+ (?:award|prize|medal)s?\b(?= (?:for|at|from|in|last|this))|\bhonou?rable mention\b"
    r"|最佳(?:学生)?论文|优秀论文|杰出论文|时间检验奖|博士论文奖|最佳演示|优青|杰青|青年千人|长江学者|院士|图灵奖|口头报告|获奖|荣获",
    re.I,
)

PROMISE = re.compile(
    r"\b(?:salar(?:y|ies)|compensation|pay package|bonus(?:es)?|equity|stock|options|H100s?|A100s?|B200s?|GPUs?|TPUs?|GPU cluster|compute cluster|funding|Series [A-E]|investors?|valuation"
    r"|backed by|visa sponsorship|relocation|unlimited compute|customers)\b"
    r"|薪资|薪酬|年薪|月薪|期权|股票|股权|奖金|算力|万卡|千卡|显卡|融资|估值|投资(?:人|方)|落户|住房补贴|安家费",
    re.I,
)

MACHINES = re.compile(r"(?:H100|A100|B200|[GT]PU)s?|算力|显卡|customers|options|equity", re.I)
"""Words of a promise that a question of the field may hold as well: they count only in a sentence about us."""

_CAPITALIZED = r"[A-ZÀ-Þ][a-zà-ɏ'’]+(?:-[A-ZÀ-Þ]?[a-zà-ɏ]+)?"
_LATIN_NAME = re.compile(
    rf"(?<![.?!:\n“\"] )(?<![A-Za-z0-9-]){_CAPITALIZED} (?:(?:van|von|de|der|da|del|la|el|bin|al) )*(?:[A-Z]\. )?{_CAPITALIZED}(?![A-Za-z0-9-])"
)
_TITLED = re.compile(rf"\b(?:Dr|Prof|Professor|Mr|Ms|Mrs)\.? ({_CAPITALIZED}(?: {_CAPITALIZED})?)")
_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄"
    "和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫经房裘缪干解应宗丁宣邓郁单杭洪包诸左石崔吉龚程"
    "邢裴陆荣翁荀羊甄曲家封芮储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘厉戎祖武符刘景詹束龙叶幸司韶"
)
_CHINESE_NAME = re.compile(
    rf"(?<![\u4e00-\u9fff])([{_SURNAMES}][\u4e00-\u9fff]{{1,2}})(?=(?:老师|教授|博士|同学|先生|女士|院士|团队|课题组|等人|合作))"
    rf"|(?:和|与|跟|同|及|、|由|像|如|听|经|导师|同事|合作者)([{_SURNAMES}][\u4e00-\u9fff]{{1,2}}?)(?=(?:老师|教授|博士|同学|先生|女士|院士|团队|课题组|等人|合作|一起|共同|推荐|提起))"
)
_SYSTEM = re.compile(
    r"(?<![\w@./-])(?:[A-Z][a-z]+(?:[A-Z][a-z0-9]*)+|[A-Z]{2,}[a-z]+[A-Za-z0-9]*|[A-Z][A-Za-z]*-?\d+(?:\.\d+)?[A-Za-z]*|[a-z]+[A-Z]\w+)(?![\w@]|\.\w)"
)

_NO_NAME = frozenset(
    "At In On For With From The An My Our Your We Is Are Does Do Did Could Would Should Can Will What Which Who Whose When Where Why How If But And So Or Yet Not Most Many Some Several Two Three One Another Both Each Every Since After Before While Until Although Though Because As By Of To It Its That This These Those There Here Reading Seen Given Let Please Happy Glad Our Their His Her You They Even Only Also Then Now "
    "Best Kind Warm Dear Many Thanks Hi Hello With Yours Sincerely Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August September October"
    " November December Research Recruiting Lead Chinese English Large Language Model Models Deep Learning Machine Reinforcement Computer Vision Federated Natural Processing System Systems"
    " Chain Thought Thoughts Tree Monte Carlo Bayesian Markov Gaussian Lean Tensor Programs Physics Transformer Circuits United States New York San Francisco Los Angeles Hong Kong".split()
)
_NO_SYSTEM = frozenset(
    "LLMs VLMs GPUs TPUs APIs PhD LaTeX PyTorch TensorFlow JavaScript GitHub YouTube LinkedIn WeChat arXiv iPhone PDFs MoEs RLHF GraphRAG DeepMind OpenAI ByteDance OpenReview SpeechLM SpeechLMs"
    " AlphaGo ChatGPT GPT-4 GPT-3 o1 MoE MoEs PRMs VLAs GANs NeRFs NeRF CoT ReLU LoRA DPO QLoRA AdamW ImageNet McDonald iOS macOS 3D 2D".split()
)


def person_names(text: str, language: Language) -> Iterator[str]:
    """Yield what looks like a person's name.

    Args:
        text: prose without salutation, sign-off and quoted titles.
        language: of the mail; Chinese names are looked for in Chinese mails.
    """
    seen: set[str] = set()
    for match in (*_LATIN_NAME.finditer(text), *_TITLED.finditer(text)):
        name = match.group(match.lastindex or 0)
        if name not in seen and not any(word in _NO_NAME for word in name.split()):
            seen.add(name)
            yield name
    if language == "zh":
        for match in _CHINESE_NAME.finditer(text):
            name = match.group(1) or match.group(2)
            if name not in seen and name[-1] not in "和与跟或的了在是把被让给做用就都也又再":
                seen.add(name)
                yield name


def system_names(text: str) -> Iterator[str]:
    """Yield what looks like the name of a model, method or data set: CamelCase, or letters with a number."""
    for name in dict.fromkeys(match.group() for match in _SYSTEM.finditer(text)):
        if name not in _NO_SYSTEM and name.rstrip("s") not in _NO_SYSTEM:
            yield name
