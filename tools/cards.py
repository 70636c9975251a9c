"""Shares as cards: one A5 page a holder, with the sealed share as a QR code, and its words where they are wanted.

The QR code holds the share's file, character by character: it opens only with the holder's passphrase, and a scanner
that types what it reads restores a lost file. The words are the share in clear, for a sealed envelope.

Chinese and English stand side by side. Where no font of this machine shows Chinese the English stands alone, and a
name that cannot be shown is printed as the holder's number: what opens the bank is ASCII throughout.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

from bank.custody import Custody, Offered
from bank.seal import shares
from tools import fonts

_LABELS = {
    "title": ("题库密钥份额卡", "Item bank: keyholder's share"),
    "holder": ("保管人", "Holder"),
    "share": ("份额", "Share"),
    "bank": ("题库编号", "Bank"),
    "generation": ("密钥代次", "Generation"),
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
        "以下单词和字符组就是未加密的份额：装入密封袋，存入保险柜，不得拍照。",
        "These words are the share in clear: into a sealed bag, into a safe; no photographs.",
    ),
}

_PAGE = """
#set page("a5", margin: 12mm)
#set text(font: sys.inputs.font, size: 9.5pt, fallback: true)
#let cards = json(bytes(sys.inputs.cards))
#for (n, card) in cards.enumerate() [
  #if n > 0 { pagebreak() }
  #text(size: 14pt, weight: "bold")[#card.title]
  #v(1mm)
  #grid(columns: (auto, 1fr), column-gutter: 4mm, row-gutter: 2mm, ..card.rows.flatten())
  #v(2mm)
  #align(center, image(bytes(card.qr), format: "svg", width: if card.words.len() > 0 { 68mm } else { 92mm }))
  #for line in card.lines [#line \\ ]
  #if card.words.len() > 0 [
    #v(1mm)
    #strong(card.warning)
    #block(stroke: 0.5pt, inset: 2.5mm, width: 100%, breakable: false, grid(
      columns: (1fr,) * 5, row-gutter: 1.6mm,
      ..card.words.enumerate().map(((i, word)) => text(size: 8.5pt)[#(i + 1). #word])
    ))
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


def print_cards(custody: Custody, offered: Sequence[Offered], words: dict[int, str]) -> Printed:
    """`words`: share number -> its words, for those that are to be printed in clear."""
    import typst

    family = fonts.chinese_family()
    missing: dict[str, None] = {}

    def label(name: str, **facts: object) -> str:
        chinese, english = (text.format(**facts) for text in _LABELS[name])
        if family is None or fonts.missing(chinese, family):
            return english
        return f"{chinese}  {english}"

    def name(each: Offered) -> str:
        lost = each.head.holder if family is None and not each.head.holder.isascii() else ""
        if family is not None:
            lost = fonts.missing(each.head.holder, family)
        missing.update(dict.fromkeys(lost))
        return f"({each.head.index})" if lost else each.head.holder

    cards = []
    for each in offered:
        head = each.head
        rows = [
            [label("holder"), name(each)],
            [label("share"), f"{head.index} / {head.of}    " + label("policy", need=head.need, of=head.of)],
            [label("bank"), head.bank],
            [label("generation"), str(head.generation)],
            [label("fingerprint"), custody.fingerprint],
        ]
        cards.append({
            "title": label("title"), "rows": rows, "qr": _qr(shares.printable(each.data)),
            "lines": [label("sealed"), label("lost", file=each.path.name)],
            "warning": label("words"), "words": words.get(head.index, "").split(),
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
