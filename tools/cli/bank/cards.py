"""Shares as cards: one A5 page a holder, with the sealed share as a QR code, and its words where they are wanted.

The QR code holds the share's file, character by character: it opens only with the holder's passphrase, and a scanner
that types what it reads restores a lost file. The words are the share in clear, for a sealed envelope.

The English stands below the Chinese. Where no font of this machine shows Chinese the English stands alone, and a name
that cannot be shown is printed as the holder's number: what opens the bank is ASCII throughout.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from bank.clock import office_time
from bank.custody import Custody, Offered, share_name
from bank.seal import shares
from tools.cli import fonts

_LABELS = {
    "title": ("题库密钥份额卡", "Item bank: keyholder's share"),
    "holder": ("保管人", "Holder"),
    "share": ("份额", "Share"),
    "name": ("题库", "Bank"),
    "bank": ("题库编号", "Number"),
    "generation": ("密钥代次", "Generation"),
    "of": ("第 {generation} 代，{day} 生成", "{generation}, made on {day}"),
    "fingerprint": ("保管声明指纹", "Custody fingerprint"),
    "policy": ("共 {of} 份，任意 {need} 份可开启", "{of} shares; any {need} of them open the bank"),
    "sealed": (
        "二维码是用您的口令加密的份额文件；没有口令打不开。",
        "The QR code is the share's file, sealed to your passphrase; without it, it opens nothing.",
    ),
    "lost": (
        "文件遗失时：扫码，把文字原样存为 {file}。",
        "If the file is lost: scan, and save the text as it is as {file}.",
    ),
    "words": (
        "以下单词和字符组是未加密的份额：装袋密封，存入保险柜，不得拍照。",
        "These words and groups are the share in clear: into a sealed bag, into a safe; no photographs.",
    ),
    "groups": ("第 34 至 41 组只有数字 0-9 和字母 a-f。", "Groups 34 to 41: digits 0-9 and letters a-f only."),
    "recover": ("忘记口令时，在题库机上运行：", "If the passphrase is forgotten:"),
}

_PAGE = r"""
#set page("a5", margin: (x: 12mm, y: 10mm))
#set text(font: sys.inputs.font, size: 9.5pt, fallback: true)
#set par(leading: 0.5em, spacing: 0.8em)
#let cards = json(bytes(sys.inputs.cards))
#let small = text.with(size: 7.5pt)
#let two(lines) = {
  lines.first()
  if lines.len() > 1 { linebreak(); small(lines.last()) }
}
#let numbered(from, parts) = parts.enumerate().map(((i, part)) => text(size: 8.5pt)[#(from + i).~#part])
#for (n, card) in cards.enumerate() [
  #if n > 0 { pagebreak() }
  #text(size: 14pt, weight: "bold", card.title.first())
  #if card.title.len() > 1 [#h(2mm) #small(card.title.last())]

  #grid(
    columns: (auto, 1fr), column-gutter: 4mm, row-gutter: 2mm,
    ..card.rows.map(((label, value)) => (
      [#label.first() #if label.len() > 1 [#small(label.last())]], two(value)
    )).flatten()
  )
  #align(center, image(bytes(card.qr), format: "svg", width: if card.words.len() > 0 { 56mm } else { 92mm }))
  #for lines in card.lines [#two(lines) #parbreak()]
  #if card.words.len() > 0 [
    #strong(two(card.warning))
    #block(stroke: 0.5pt, inset: 2mm, width: 100%, breakable: false)[
      #grid(columns: (1fr,) * 5, row-gutter: 1.4mm, ..numbered(1, card.words))
      #line(length: 100%, stroke: 0.3pt)
      #grid(columns: (1fr,) * 4, row-gutter: 1.4mm, ..numbered(34, card.groups))
    ]
    #two(card.kinds)

    #card.recover.first() #if card.recover.len() > 1 [#small(card.recover.last())] \
    #raw(card.command)
  ]
]
"""


@dataclass(frozen=True, slots=True)
class Printed:
    pdf: bytes
    font: str
    """The Chinese family used, or "" where there is none."""
    missing: str
    """Characters that could not be shown and were replaced."""


def print_cards(custody: Custody, offered: Sequence[Offered], words: dict[int, str], bank: str) -> Printed:
    """`words`: share number -> its words, for those that are to be printed in clear. `bank`: the folder's name."""
    import typst

    family = fonts.chinese_family()
    missing: dict[str, None] = {}

    def label(name: str, **facts: object) -> list[str]:
        """The Chinese and the English, or the English alone."""
        chinese, english = (text.format(**facts) for text in _LABELS[name])
        return [english] if family is None or fonts.missing(chinese, family) else [chinese, english]

    def shown(text: str, instead: str) -> str:
        lost = text if family is None and not text.isascii() else ""
        if family is not None:
            lost = fonts.missing(text, family)
        missing.update(dict.fromkeys(lost))
        return instead if lost else text

    day = office_time(custody.at)[:10]
    cards = []
    for each in offered:
        head = each.head
        clear = words.get(head.index, "").split()
        policy = label("policy", **asdict(head))
        rows = [
            [label("holder"), [shown(head.holder, f"({head.index})")]],
            [label("share"), [f"{head.index} / {head.of}    {policy[0]}", *policy[1:]]],
            [label("name"), [shown(bank, "-")]],
            [label("bank"), [head.bank]],
            [label("generation"), label("of", generation=head.generation, day=day)],
            [label("fingerprint"), [custody.fingerprint]],
        ]
        cards.append({
            "title": label("title"), "rows": rows, "qr": _qr(shares.printable(each.data)),
            "lines": [label("sealed"), label("lost", file=share_name(head.generation, head.index))],
            "warning": label("words"), "words": clear[: shares.WORDS], "groups": clear[shares.WORDS :],
            "kinds": label("groups"), "recover": label("recover"),
            "command": f"examd bank new-passphrase {shown(bank, 'bank')} {head.index} --words",
        })  # fmt: skip
    inputs = {"cards": json.dumps(cards, ensure_ascii=False), "font": family or "Libertinus Serif"}
    pdf = typst.compile(_PAGE.encode(), format="pdf", sys_inputs=inputs)
    assert isinstance(pdf, bytes)
    return Printed(pdf, family or "", "".join(missing))


def _qr(text: str) -> str:
    import segno

    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", border=2)
    return out.getvalue().decode()
