"""The exam subjects (工种/科目) that an item or a rule may be of: a code list with a date.

A subject is what a person is examined in. Chapters are numbered within it: chapter 1 of one trade is not chapter 1 of
another, and a rule draws from the subjects that it names and from no other.

The list follows the catalogue of 特种作业 (总局令第30号: 11 kinds of work with their operations) and the sectors in
which 主要负责人 and 安全生产管理人员 are examined. The kind of work itself is a subject as well, for what all its
operations have in common. Each subject names its source. The codes are ours: no source has any. A later catalogue adds
codes and takes none away: what was signed under a code keeps its meaning. What stands in no catalogue a body may code
itself: `X-` and letters of its own.

Names were compared with copies of the catalogue and with code lists of other systems that hold it, in November 2026;
`RECALLED` are those that stood in none. 应急〔2026〕45号 replaces the catalogue; its text was not at hand.

Before: an author's column, or `bank import --subject`. After: `bank.item`, `bank.rules`.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

EDITION = date(2026, 11, 30)
"""Of the list below: the day on which it was last compared with its sources."""

_CODE = re.compile(r"[A-Z][A-Z0-9]{0,9}(-[A-Z0-9]{1,9}){0,3}", re.ASCII)
_OWN = "X-"


@dataclass(frozen=True, slots=True)
class Source:
    """What a subject's name is taken from."""

    name: str
    day: date | None
    """Of the document; None where none was seen."""


CATALOGUE = Source("国家安全生产监督管理总局令第30号附件《特种作业目录》", date(2010, 5, 24))
ADDED = Source("电工作业后来增列的操作项目（增列文件未见，名称见于报名条件）", None)
SECTORS = Source("安监总培训〔2013〕104号《安全生产资格考试与证书管理暂行办法》所列行业及后来增列者", None)
SPOT_CHECKS = Source("晋应急发〔2022〕69号（七）", date(2022, 2, 24))


@dataclass(frozen=True, slots=True)
class Subject:
    code: str
    name: str
    source: Source
    kind: str = ""
    """The code of the kind of work (作业类别) that it is an operation (操作项目) of; "" for what is none."""

    @property
    def recalled(self) -> bool:
        """Whether the name was written from memory: compare it with the catalogue before it is relied on."""
        return self.code in RECALLED


RECALLED = frozenset(("SP-PF", "SP-PB", "SP-PL", "SP-PP", "SP-PS", "MT-P", "MT-M", "GN-P", "GN-M"))
_ADDED = frozenset(("SP-ECB", "SP-ERP", "SP-ETS"))

_OPERATIONS = {
    "SP-E 电工作业": (
        "SP-EHV 高压电工作业; SP-ELV 低压电工作业; SP-EEX 防爆电气作业; SP-ECB 电力电缆作业; SP-ERP 继电保护作业;"
        "SP-ETS 电气试验作业"
    ),
    "SP-W 焊接与热切割作业": "SP-WF 熔化焊接与热切割作业; SP-WP 压力焊作业; SP-WB 钎焊作业",
    "SP-H 高处作业": "SP-HS 登高架设作业; SP-HI 高处安装、维护、拆除作业",
    "SP-R 制冷与空调作业": "SP-RO 制冷与空调设备运行操作作业; SP-RI 制冷与空调设备安装修理作业",
    "SP-C 煤矿安全作业": (
        "SP-CE 煤矿井下电气作业; SP-CB 煤矿井下爆破作业; SP-CM 煤矿安全监测监控作业; SP-CG 煤矿瓦斯检查作业;"
        "SP-CS 煤矿安全检查作业; SP-CH 煤矿提升机操作作业; SP-CC 煤矿采煤机（掘进机）操作作业; SP-CD 煤矿瓦斯抽采作业;"
        "SP-CO 煤矿防突作业; SP-CW 煤矿探放水作业"
    ),
    "SP-M 金属非金属矿山安全作业": (
        "SP-MV 金属非金属矿井通风作业; SP-MT 尾矿作业; SP-MS 金属非金属矿山安全检查作业;"
        "SP-MH 金属非金属矿山提升机操作作业; SP-MP 金属非金属矿山支柱作业; SP-ME 金属非金属矿山井下电气作业;"
        "SP-MD 金属非金属矿山排水作业; SP-MB 金属非金属矿山爆破作业"
    ),
    "SP-O 石油天然气安全作业": "SP-OD 司钻作业",
    "SP-F 冶金（有色）生产安全作业": "SP-FG 煤气作业",
    "SP-D 危险化学品安全作业": (
        "SP-D01 光气及光气化工艺作业; SP-D02 氯碱电解工艺作业; SP-D03 氯化工艺作业; SP-D04 硝化工艺作业;"
        "SP-D05 合成氨工艺作业; SP-D06 裂解（裂化）工艺作业; SP-D07 氟化工艺作业; SP-D08 加氢工艺作业;"
        "SP-D09 重氮化工艺作业; SP-D10 氧化工艺作业; SP-D11 过氧化工艺作业; SP-D12 胺基化工艺作业; SP-D13 磺化工艺作业;"
        "SP-D14 聚合工艺作业; SP-D15 烷基化工艺作业; SP-D16 化工自动化控制仪表作业"
    ),
    "SP-P 烟花爆竹安全作业": (
        "SP-PF 烟火药制造作业; SP-PB 黑火药制造作业; SP-PL 引火线制造作业; SP-PP 烟花爆竹产品涉药作业;"
        "SP-PS 烟花爆竹储存作业"
    ),
    "SP-X 应急管理部认定的其他作业": "",
}
_SECTORS = {
    "HC": "危险化学品",
    "CM": "煤矿",
    "NM": "金属非金属矿山",
    "FW": "烟花爆竹",
    "MT": "金属冶炼",
    "GN": "一般行业",
}
_OFFICES = {"P": "主要负责人", "M": "安全生产管理人员"}


def _listed() -> tuple[Subject, ...]:
    found = []
    for kind, operations in _OPERATIONS.items():
        code, name = kind.split()
        found.append(Subject(code, name, CATALOGUE))
        for each in filter(None, operations.split(";")):
            operation, called = each.split()
            found.append(Subject(operation, called, ADDED if operation in _ADDED else CATALOGUE, code))
    for sector, of in _SECTORS.items():
        found += [Subject(f"{sector}-{office}", f"{of}·{name}", SECTORS) for office, name in _OFFICES.items()]
    return (*found, Subject("SPOT", "逢查必考·应知应会", SPOT_CHECKS))


SUBJECTS = {each.code: each for each in _listed()}
"""Code -> subject, in the order of the catalogue."""


def _plain(word: str) -> str:
    """A name without width, case, spaces and the points and dashes between its parts."""
    return (
        re.sub(r"[\s·•・.。/—\-、，,()（）]+", "", unicodedata.normalize("NFKC", word)).casefold().removesuffix("作业")
    )


_BY_NAME = {_plain(each.name): each.code for each in SUBJECTS.values()} | {_plain("其他特种作业"): "SP-X"}


def well_formed(code: str) -> bool:
    """Whether it could be a code: of this list, of a later one, or a body's own."""
    return _CODE.fullmatch(code) is not None


def is_known(code: str) -> bool:
    """Whether it stands in the list, or is a body's own."""
    return code in SUBJECTS or (code.startswith(_OWN) and well_formed(code))


def named(word: str) -> str | None:
    """The code that a person means by a code or a name; None where the list has neither."""
    code = unicodedata.normalize("NFKC", word).strip().upper()
    return code if is_known(code) else _BY_NAME.get(_plain(word))


def told(code: str) -> str:
    """Code and name, as people read it; the code alone where the list has no name for it."""
    subject = SUBJECTS.get(code)
    return code if subject is None else f"{code} {subject.name}"
