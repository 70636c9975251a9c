"""How many guesses a passphrase takes, by whoever tries what people choose first.

zxcvbn knows keyboards, dates, repeats, names and the passwords that leaked; what everybody in this trade would think of
(its slogans, its offices, the words of a sign-in) is named here, in characters and in pinyin.

Before: a person chooses. After: `bank.seal.passphrase` refuses what is guessed too soon.
"""

import unicodedata
from collections.abc import Sequence

_FAMILIAR = """
安全生产 安全第一 预防为主 综合治理 生命至上 人民至上 以人为本 安全发展 责任重于泰山 警钟长鸣 平安 应急管理
应急管理局 应急管理部 安监局 安监 考试 考试机构 考核 考点 题库 试题 答案 主考官 监考 考生 口令 密码 密钥
管理员 系统 服务器 启封 电工 低压电工 高压电工 焊接 煤矿 矿山 特种作业 中国 中华人民共和国 为人民服务
万事如意 恭喜发财 一二三四五六七八九十 甲乙丙丁戊己庚辛壬癸 床前明月光疑是地上霜 好好学习天天向上 我爱你
我爱中国 你好 anquan shengchan anquanshengchan anquandiyi yufangweizhu yingji guanli yingjiguanli anjian
kaoshi kaohe tiku mima kouling guanliyuan zhukao zhukaoguan jiankao diangong meikuang kuangshan zhongguo
woaini woaizhongguo nihao beijing shanghai examd admin administrator chief examiner site bureau bank officer
passphrase exam
"""


def guesses(passphrase: str, about: Sequence[str] = ()) -> float:
    """How many tries it takes, in expectation, to one who knows `about`: names and numbers of its owner."""
    from zxcvbn import zxcvbn  # its lists take 60 ms to load, and few commands choose a passphrase

    typed = unicodedata.normalize("NFKC", passphrase)[:72]  # as full-width letters are typed; more adds no doubt
    known = [word for word in [*_FAMILIAR.split(), *about] if word]
    return float(zxcvbn(typed, user_inputs=known)["guesses"])
