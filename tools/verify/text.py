"""Every sentence of the verifier in its two languages, Chinese first. No catalogue files: the folder stands alone."""

from collections.abc import Mapping
from typing import Any

ZH, EN = 0, 1

SENTENCES: dict[str, tuple[str, str]] = {
    # usage
    "usage_key": ("--bureau-key 须为 64 位十六进制数字。", "--bureau-key must be 64 hexadecimal digits."),
    "usage_officers": ("--rule-officers 须为 64 位十六进制数字。", "--rule-officers must be 64 hexadecimal digits."),
    "usage_package": (
        "{directory} 是考试包，不是成绩：还没有可核验的考试记录。请在关场、阅卷之后核验成绩目录。",
        "{directory} is a sealed package, not a result: it holds no record yet. Verify the result after grading.",
    ),
    "usage_session": (
        "{directory} 是场次目录，成绩在其中的 result 目录。",
        "{directory} is a session's folder; the result is the folder “result” in it.",
    ),
    "usage_site": (
        "{directory} 是考试点目录，成绩在其中各场次的 result 目录。",
        "{directory} is a site's folder; results are in its sessions.",
    ),
    "usage_office": ("{directory} 是考试机构的目录，不是成绩。", "{directory} is a bureau's folder, not a result."),
    "usage_chief": (
        "{directory} 是主考官的密钥目录，不是成绩。",
        "{directory} is a chief examiner's folder of keys, not a result.",
    ),
    "usage_bank": ("{directory} 是题库，不是成绩。", "{directory} is an item bank, not a result."),
    "usage_result_here": ("可核验：examd verify {directory}", "try: examd verify {directory}"),
    "usage_directory": ("不是可读取的目录：{directory}", "Not a readable directory: {directory}"),
    "help": ("由原始记录重算一场考试的结果", "recompute a result from its raw record"),
    "help_long": (
        "由结果目录重算哈希链、试卷、成绩与合格率，逐项列出核验结论。"
        "退出码：0 无未通过，1 有未通过，2 用法有误或目录不可读。",
        "Recompute chain, forms, marks and rates of a result directory, and name each check. "
        "Exit codes: 0 nothing failed, 1 something did, 2 usage or no readable directory.",
    ),
    "help_directory": ("结果目录", "the result directory"),
    "help_key": (
        "签发机构的 Ed25519 公钥（64 位十六进制），须得自可信来源",
        "the bureau's Ed25519 public key (64 hex digits), from a source you trust",
    ),
    "help_officers": (
        "首份规则负责人名单的哈希（64 位十六进制），须得自可信来源",
        "hash of the first register of rule officers (64 hex digits), from a source you trust",
    ),
    "help_known": (
        "本机构另一考试包的 edition.json，用以核对名单与版本是否被截短（可重复）",
        "edition.json of another package of this bureau: shows registers and versions left out here (may be repeated)",
    ),
    "help_ledger": (
        "考试机构发放台账的摘录（默认用结果文件夹中的 ledger.json）",
        "extract of the bureau's release ledger (default: ledger.json in the result's folder)",
    ),
    "help_lang": ("报告语言（默认 zh）", "language of the report (default: zh)"),
    "help_json": ("以 JSON 输出报告", "the report as JSON on standard output"),
    "example": ("示例", "example"),
    # the report's own lines
    "head": ("核验 {directory}", "Verifying {directory}"),
    "mock": ("演练：本场不是正式考试", "DRILL: this was not an exam that counts"),
    "session": ("场次 {id}　{name}　{date}　考试点 {site_name}", "Session {id}  {name}  {date}  site {site_name}"),
    "verdict_ok": (
        "{n} 项核验：通过 {ok}，未通过 0，须注意 {attention}，未作判断 {skipped}。",
        "{n} checks: {ok} ok, 0 failed, {attention} need attention, {skipped} not judged.",
    ),
    "verdict_failed": (
        "{n} 项核验：通过 {ok}，未通过 {failed}，须注意 {attention}，未作判断 {skipped}。结果不可采信。",
        "{n} checks: {ok} ok, {failed} FAILED, {attention} need attention, {skipped} not judged. Do not rely on it.",
    ),
    "status_ok": ("通过", "ok"),
    "status_failed": ("未通过", "FAILED"),
    "status_attention": ("注意", "attention"),
    "status_skipped": ("未判断", "skipped"),
    # names of the checks
    "check_files": ("文件齐全", "files present"),
    "check_manifest": ("清单格式", "manifest well-formed"),
    "check_manifest-signature": ("清单签名", "manifest signature"),
    "check_manifest-signer": ("清单签发者", "manifest signer"),
    "check_rule": ("组题规则与清单一致", "rule is the manifest's"),
    "check_rule-edition": ("规则经签署、考试当日有效", "signed edition is of this rule, in force that day"),
    "check_rule-officers": ("规则负责人名单逐份相承", "registers of rule officers follow each other"),
    "check_rule-officers-first": ("首份规则负责人名单", "first register of rule officers"),
    "check_rule-signatures": ("规则由两名在任规则负责人签署", "rule signed by two officers in office"),
    "check_roster": ("名册与清单一致", "roster is the manifest's"),
    "check_pool": ("题池根与清单一致", "pool root is the manifest's"),
    "check_answers": ("答案与清单一致", "answer keys are the manifest's"),
    "check_pool-fits-rule": ("题池满足规则", "pool satisfies the rule"),
    "check_result": ("结果格式", "result well-formed"),
    "check_result-signature": ("结果签名", "result signature"),
    "check_entries": ("记录逐条规范、编号连续", "entries canonical and dense"),
    "check_chain": ("哈希链与树根重算", "chain and tree recomputed"),
    "check_checkpoints": ("检查点与记录一致", "checkpoints match the record"),
    "check_checkpoint-signatures": ("检查点考试点签名", "checkpoints signed by the site"),
    "check_cosignatures": ("主考官会签（开场）", "opening co-signed by the chief examiner"),
    "check_interim": ("主考官定时会签", "checkpoints co-signed while candidates sat"),
    "check_closing-checkpoint": ("关场检查点覆盖全部记录并经会签", "closing checkpoint covers all, co-signed"),
    "check_epochs": ("服务器启动次序", "epochs and boots in order"),
    "check_time": ("场次时间单调", "session time monotone"),
    "check_ticks": ("时标无中断", "ticks without a gap"),
    "check_alarms": ("服务器未报警", "no alarm by the server"),
    "check_commitments": ("种子承诺在先、可开启", "seed commitments made first, and open"),
    "check_window": ("启封日期在有效期内", "opened on one of the package's days"),
    "check_result-facts": ("结果所述与记录一致", "result says what the record says"),
    "check_forms": ("每份试卷重抽一致", "every form redrawn"),
    "check_form-rules": ("每份试卷符合规则", "every form obeys the rule"),
    "check_attendance": ("名册每人签到或缺考", "everyone signed in or absent"),
    "check_order": ("作答次序合规", "acts in their order"),
    "check_sequences": ("作答序号连续", "sequence numbers dense"),
    "check_choices": ("作答选项有效", "choices exist"),
    "check_orders": ("主考官指令及其签名", "orders of the chief examiner, signed"),
    "check_deadlines": ("考试时限与迟到标记", "deadlines kept, late answers marked"),
    "check_hand-ins": ("开考者均已交卷或豁免", "every seat handed in or waived"),
    "check_closing": ("关场为末条、人数相符", "CLOSE is last, its counts right"),
    "check_marks": ("成绩重算一致", "marks recomputed"),
    "check_rates": ("合格率重算一致", "pass rates recomputed"),
    "check_results-table": ("results.csv 与重算一致", "results.csv as recomputed"),
    "check_rates-table": ("rates.csv 与重算一致", "rates.csv as recomputed"),
    "check_ledger": ("与考试机构发放台账一致", "agrees with the bureau's release ledger"),
    "check_separation": ("职责分离", "separation of duties"),
    "check_for-people": ("工作簿与公告", "workbook and bulletin"),
    # notes
    "counted": ("共 {n}", "{n} in all"),
    "epochs": ("启动 {n} 次，开机 {boots} 次", "{n} epochs, {boots} boots"),
    "ticks": ("时标 {n} 个，最长间隔 {longest} 毫秒", "{n} ticks, longest silence {longest} ms"),
    "heads": ("根 {root}　链 {chain}", "root {root}  chain {chain}"),
    "attendance": ("实考 {present}，缺考 {absent}", "{present} present, {absent} absent"),
    "orders": (
        "重新开放 {reopened} 人次，迟到作答裁定 {late} 人次",
        "{reopened} hand-ins opened again, late answers decided upon {late} times",
    ),
    "late": ("迟到作答 {n} 条", "{n} late answers"),
    "drawn": ("重抽 {n} 份，最多尝试 {attempts} 次", "{n} forms redrawn, at most {attempts} attempts"),
    "marked": ("{n} 人", "{n} candidates"),
    "total": (
        "名册 {enrolled}，实考 {present}，合格 {passed}；实考合格率 95% Wilson 区间 {low}%–{high}%",
        "enrolled {enrolled}, present {present}, passed {passed}; of those present, 95% Wilson {low}%–{high}%",
    ),
    # files and shapes
    "file_missing": ("缺少文件（或不是普通文件）", "file missing, or not a regular file"),
    "file_huge": ("文件过大：{size} 字节，上限 {limit}", "file too large: {size} bytes, the limit is {limit}"),
    "file_unreadable": ("无法读取：{why}", "cannot be read: {why}"),
    "file_unknown": ("格式未规定的文件", "a file the format does not know"),
    "empty": ("空文件", "the file is empty"),
    "not_json": ("不是规定的 JSON（{why}）", "not JSON of the kind fixed ({why})"),
    "not_canonical": ("不是规范 JSON 字节", "not canonical JSON bytes"),
    "no_last_newline": ("末行缺换行符", "the last line does not end"),
    "shape": ("应为：{expected}", "expected: {expected}"),
    "not_csv": ("不是可读的 CSV（{why}）", "not readable CSV ({why})"),
    "columns": ("只有 {found} 列，应有 {expected} 列", "{found} columns where {expected} are needed"),
    "word": ("不认得的结论词“{word}”", "a verdict word not known here: {word}"),
    "hash": ("哈希为 {found}，应为 {expected}", "hash {found}, expected {expected}"),
    "count": ("数目为 {found}，应为 {expected}", "count {found}, expected {expected}"),
    "differs": ("为 {found}，应为 {expected}", "is {found}, should be {expected}"),
    "unsorted": ("次序错误或重复", "out of order, or twice"),
    "parts_order": ("parts 未按名排序或有重复", "parts not in order of name, or named twice"),
    # keys and signatures
    "signature": ("{who} 的签名不成立（公钥 {key}）", "no valid signature by {who} (public key {key})"),
    "not_pinned": (
        "签发公钥 {key} 仅为清单自述；请用 --bureau-key 给出可信来源的公钥",
        "the signing key {key} is only what the manifest says of itself; give --bureau-key from a source you trust",
    ),
    "other_bureau": (
        "签发公钥为 {key}，不是给定的 {expected}",
        "signed by key {key}, not by the one given, {expected}",
    ),
    "bureau_key_slip": (
        "给定的公钥与签发公钥 {key} 有 {n} 位不同：多半是输错了，请对照可信来源逐位核对后再试",
        "the key given differs in {n} digits from {key}, which signed: probably mistyped; compare, try again",
    ),
    # who answers for the rule
    "unsigned_drill": ("未签规则，演练", "unsigned rule, drill"),
    "signed_by": ("签署人 {names}", "signed by {names}"),
    "rule_not_in_force": (
        "考试日 {day} 不在规则有效期 {first} 至 {last} 内",
        "the session's day {day} is outside the rule's period, {first} to {last}",
    ),
    "part_unlisted": ("清单没有列出此文件", "the manifest does not list this file"),
    "officer_twice": ("有两名规则负责人的 {what} 相同", "two officers share one {what}"),
    "officer_is_bureau": ("签发机构自己的密钥列为规则负责人", "the bureau's own key is listed as an officer's"),
    "officers_few": (
        "只有 {found} 名规则负责人的签名成立，需 {needed} 名",
        "valid signatures of {found} officers, {needed} needed",
    ),
    "officers_gone": (
        "有规则负责人未能同意此名单（{gone}），由余下 {found} 人同意",
        "officers could not consent to this register ({gone}); {found} of the others did",
    ),
    "gone_wrongly": (
        "{id} 被列为不能同意，但并非上一份名单的人，或又被任命",
        "{id} is said to be gone, but was no officer before, or is appointed again",
    ),
    "rules_forgotten": ("遗漏或改动了规则 {rule} 的已签版本", "leaves out or changes signed versions of rule {rule}"),
    "register_unknown": (
        "规则依据第 {version} 份名单签署，此处只有 {n} 份",
        "the rule names register {version}, there are {n} here",
    ),
    "register_over": (
        "依据第 {version} 份名单签署，但第 {newer} 份接替时并无此版本",
        "signed under register {version}, but was not there when register {newer} took over",
    ),
    "superseded": (
        "第 {version} 版在当日已由第 {newer} 版接替（{first} 起）",
        "version {version} was over on that day: version {newer} is in force from {first} on",
    ),
    "officers_not_pinned": (
        "首份名单（{sha256}）仅由签发机构签名；请用 --rule-officers 给出可信来源的哈希",
        "the first register ({sha256}) is signed by the bureau alone; give --rule-officers from a source you trust",
    ),
    "other_officers": (
        "首份名单为 {sha256}，不是给定的 {expected}",
        "the first register is {sha256}, not the one given, {expected}",
    ),
    "officers_slip": (
        "给定的哈希与首份名单 {sha256} 有 {n} 位不同：多半是输错了，请对照可信来源逐位核对后再试",
        "the hash given differs in {n} digits from the first register, {sha256}: probably mistyped; compare, try again",
    ),
    # rule, pool, answers
    "rule_sum": ("{what} 合计 {found}，规则写明 {expected}", "{what} sum to {found}, the rule states {expected}"),
    "ordinal": ("序号为 {found}，应为 {expected}", "ordinal {found}, expected {expected}"),
    "locked_range": ("题 {id} 锁定了不存在的选项", "item {id} locks an option that does not exist"),
    "no_cell": ("题 {id} 的层 {stratum} 不在规则中", "item {id}: stratum {stratum} is no cell of the rule"),
    "cell_misfit": (
        "题 {id} 不合单元 {stratum}：{what} 为 {found}，应为 {expected}",
        "item {id} does not fit cell {stratum}: {what} is {found}, should be {expected}",
    ),
    "cell_short": (
        "单元 {stratum} 只有 {found} 题，需 {expected}",
        "cell {stratum} holds {found} items, needs {expected}",
    ),
    "case_size": (
        "案例 {case} 有 {found} 题，单元 {stratum} 要求 {expected}",
        "case group {case} has {found} items, cell {stratum} wants {expected}",
    ),
    "case_torn": (
        "案例 {case} 的题分在不同单元，或占同一位置",
        "case group {case}: its items lie in several cells, or in one place",
    ),
    "case_place": ("案例 {case} 的题没有位置", "case group {case}: an item has no place"),
    "form_case": (
        "考生 {c} 的试卷把案例 {case} 拆开或打乱：{found}，应为 {expected}",
        "candidate {c}: case group {case} is torn or out of order: {found}, should be {expected}",
    ),
    "cells_many": ("题 {id} 适合 {found} 个单元，应恰为一个", "item {id} fits {found} cells, should fit exactly one"),
    "cell_over": (
        "单元 {stratum} 有 {found} 题，规则至多允许 {expected}",
        "cell {stratum} holds {found} items, the rule's multiple allows {expected}",
    ),
    "not_in_pool": ("题 {id} 不在题池中", "item {id} is not in the pool"),
    "answer_range": ("题 {id} 的答案 {correct} 无效", "item {id}: answer key {correct} is not valid"),
    "answer_many": ("题 {id} 应只有一个答案：{correct}", "item {id} should have one right option: {correct}"),
    "no_answer": ("题 {id} 没有答案", "item {id} has no answer key"),
    # entries, chain, checkpoints
    "idx": ("编号为 {found}，应为 {expected}", "idx {found}, expected {expected}"),
    "first_not_boot": ("首条为 {type}，应为 BOOT", "the first entry is {type}, not BOOT"),
    "epoch": ("纪元为 {found}，应为 {expected}", "epoch {found}, expected {expected}"),
    "boot_again": ("开机号重复出现", "a boot id that was over came back"),
    "boot_changed": ("开机号变化而无 BOOT", "the boot id changed without BOOT"),
    "t_first": ("首条时间为 {found}，应为 0", "the first entry's time is {found}, not 0"),
    "t_back": ("时间倒退：{found} 在 {before} 之后", "time ran back: {found} after {before}"),
    "mono_back": ("单调时钟倒退：{found} 在 {before} 之后", "the monotonic clock ran back: {found} after {before}"),
    "t_not_mono": ("时间前进 {t} 毫秒，时钟前进 {mono} 毫秒", "time advanced {t} ms, the clock {mono} ms"),
    "t_jump": ("重启使时间前进 {ms} 毫秒", "a reboot advanced time by {ms} ms"),
    "tick_gap": ("自第 {since} 行起 {ms} 毫秒无时标", "no tick for {ms} ms since line {since}"),
    "alarm": ("考生 {c}：服务器报警（{what}）", "candidate {c}: the server raised the alarm ({what})"),
    "note_unsigned": ("检查点没有签名", "a checkpoint without signatures"),
    "note_not_text": ("检查点不是 UTF-8 文本", "a checkpoint that is not UTF-8"),
    "note_shape": ("检查点正文应为三行", "a checkpoint's text should be three lines"),
    "note_size": ("检查点大小不是十进制数", "a checkpoint's size is not a decimal number"),
    "note_line": ("签名行格式错误", "a malformed signature line"),
    "note_base64": ("Base64 错误", "bad base64"),
    "checkpoint_order": ("大小 {found} 小于先前的 {before}", "size {found} is below an earlier {before}"),
    "checkpoint_size": ("大小 {found} 超过记录的 {entries} 条", "size {found} is past the record's {entries} entries"),
    "checkpoint_root": (
        "前 {size} 条的根为 {expected}，检查点写 {found}",
        "the root at size {size} is {expected}, the checkpoint says {found}",
    ),
    "no_checkpoint": ("没有检查点", "no checkpoint"),
    "opening_unsigned": (
        "没有经主考官会签的开场检查点（应覆盖前 {first} 条、少于 {before} 条）",
        "no checkpoint co-signed by the chief examiner covers the opening (sizes from {first}, below {before})",
    ),
    "closing_short": (
        "末个检查点覆盖 {found} 条，记录有 {entries} 条",
        "the last checkpoint covers {found} of {entries}",
    ),
    "closing_unsigned": (
        "关场检查点没有主考官以 {who} 之名的会签",
        "the closing checkpoint is not co-signed by the chief examiner under the name {who}",
    ),
    "closing_early": (
        "只覆盖前 {size} 条（共 {entries} 条）的检查点被签为关场",
        "a checkpoint over {size} of {entries} entries is signed as the closing",
    ),
    "cosign_back": (
        "会签倒退：覆盖 {size} 条，此前已会签 {before} 条，或时间早于前次",
        "co-signatures run back: {size} entries after {before}, or at an earlier time",
    ),
    "cosign_gap": (
        "开考期间 {minutes} 分钟没有会签（约定每 {promised} 分钟一次），其间 {entries} 条记录在会签前无人见证",
        "no co-signature for {minutes} min (promised every {promised}); {entries} entries had no witness meanwhile",
    ),
    "cosign_clock": (
        "记录的时间与主考官设备的时钟相差 {minutes} 分钟",
        "the record's time and the chief examiner's clock are {minutes} min apart",
    ),
    "cosigned": ("会签 {n} 次，最长间隔 {longest} 秒", "co-signed {n} times, longest interval {longest} s"),
    "separated": (
        "主考官的密钥在另一台机器上；由其会签 {n} 次，每次之前的记录此后不能改写",
        "the chief examiner's key was on another machine; it co-signed {n} times, "
        "and nothing before each can be rewritten since",
    ),
    "not_once": ("{type} 应恰有一条，实有 {n}", "{type} should stand once, stands {n} times"),
    "prepare_late": ("PREPARE 在 OPEN（第 {open} 行）之后", "PREPARE after OPEN (line {open})"),
    "commitment": (
        "{party} 的份额与其承诺 {expected} 不符",
        "the share of {party} does not open its commitment {expected}",
    ),
    # the course
    "stranger": ("序号 {c} 不在名册中", "candidate {c} is not on the roster"),
    "both": ("考生 {c} 既签到又记缺考", "candidate {c} both signed in and is absent"),
    "neither": ("考生 {c} 既无签到又无缺考", "candidate {c} neither signed in nor is absent"),
    "twice": ("考生 {c} 重复 {type}", "candidate {c}: {type} twice"),
    "again": ("考生 {c} 的 again 标记错误", "candidate {c}: the mark `again` is wrong"),
    "moved": (
        "考生 {c} 未经准许换到终端 {terminal}",
        "candidate {c} went on at terminal {terminal} without being admitted there",
    ),
    "other_seat": ("{actor} 代考生 {c} 操作", "{actor} acted for candidate {c}"),
    "not_by_seat": ("{type} 由 {actor} 记入，而非座位", "{type} by {actor}, not by a seat"),
    "hand_in_actor": ("由 {actor} 记入的交卷写为 {by}", "a hand-in by {actor} says {by}"),
    "again_started": ("重复 SESSION_START", "SESSION_START twice"),
    "start_early": ("考生 {c} 在开场前开考", "candidate {c} started before the session"),
    "start_unsigned": ("考生 {c} 未签到即开考", "candidate {c} started without signing in"),
    "before_start": ("考生 {c} 开考前有 {type}", "candidate {c}: {type} before START"),
    "after_hand_in": ("考生 {c} 交卷后有 {type}", "candidate {c}: {type} after hand-in"),
    "reopened": (
        "考生 {c}：重新开放所指第 {hand_in} 条不是其最近的交卷",
        "candidate {c}: opened again is entry {hand_in}, which is not the hand-in before",
    ),
    "order_unsigned": (
        "考生 {c} 的 {type} 没有主考官签名",
        "candidate {c}: {type} is not signed by the chief examiner",
    ),
    "late_count": (
        "考生 {c} 的迟到作答裁定为 {found} 条，此前实有 {expected} 条",
        "candidate {c}: decided upon {found} late answers, there had been {expected}",
    ),
    "late_undecided": ("考生 {c} 的 {n} 条迟到作答没有裁定", "candidate {c}: nobody decided upon {n} late answers"),
    "late_uncounted": (
        "考生 {c} 的 {n} 条迟到作答未经裁定即计分（旧式记录）",
        "candidate {c}: {n} late answers count undecided (a record of the earlier form)",
    ),
    "seq": ("考生 {c} 序号为 {found}，应为 {expected}", "candidate {c}: seq {found}, expected {expected}"),
    "no_slot": ("考生 {c} 的试卷没有第 {slot} 题位", "candidate {c}: the form has no slot {slot}"),
    "choice_twice": ("考生 {c} 的选择 {choice} 有重复", "candidate {c}: choice {choice} names a position twice"),
    "choice_range": (
        "考生 {c} 的选择 {choice} 超出 {options} 个选项",
        "candidate {c}: choice {choice} of {options} options",
    ),
    "choice_many": ("考生 {c} 的单选题选了 {choice}", "candidate {c}: {choice} where one option may be chosen"),
    "check_seat-keys": ("终端签名公钥在使用前已记入", "terminals' keys were named before use"),
    "check_seat-chains": ("作答链与终端签名", "chains of acts and terminals' signatures"),
    "check_journals": ("终端日志与考试记录一致", "terminals' journals agree with the record"),
    "check_receipts": ("回执号", "receipts"),
    "keys": (
        "已记入 {n} 台终端的公钥，其中 {before} 台在开场之前",
        "{n} terminals named with their keys, {before} before opening",
    ),
    "terminals_none": (
        "旧版本的考试记录：终端不签名，作答仅凭考点之言",
        "a record of before terminals signed: its answers rest on the site's word alone",
    ),
    "terminals_missing": (
        "考试包要求终端签名，而开场之前的记录中没有终端公钥",
        "the package asks terminals to sign, and the record names no keys before its opening",
    ),
    "key_changed": ("终端 {name} 的公钥在记录中变了", "the key of terminal {name} changes in the record"),
    "key_shared": ("终端 {name} 与 {other} 用同一公钥", "terminals {name} and {other} have one key"),
    "key_unnamed": (
        "考生 {c} 在终端 {terminal} 登录，而此前记录中没有该终端的公钥",
        "candidate {c} signed in at terminal {terminal}, whose key was not named before that",
    ),
    "key_late": (
        "终端 {name} 的公钥在开场之后才记入（主考官所签开场检查点不含它）；在其上登录的考生：{candidates}",
        "the key of terminal {name} came after the opening, which the chief examiner signed without it; "
        "candidates {candidates}",
    ),
    "chains_none": ("旧版本的考试记录，没有终端签名", "a record of before terminals signed"),
    "signatures": ("{c} 名考生的作答链，{n} 个终端签名", "{n} signatures over the chains of {c} candidates"),
    "act_unsworn": (
        "考生 {c} 的操作 {what} 记入之前，该座位的终端没有签过名",
        "candidate {c}: act {what} stands before any signature of the terminal at that seat",
    ),
    "acts_differ": (
        "考生 {c} 的作答与终端所签不符：答案被改动、增删或调换；所签 {found}，记录得出 {expected}",
        "candidate {c}: the acts are not those that the terminal signed: changed, added, dropped or "
        "moved; signed {found}, the record gives {expected}",
    ),
    "hand_in_unsigned": ("考生 {c} 的交卷没有终端签名", "candidate {c}: the hand-in bears no signature of a terminal"),
    "signed_ahead": (
        "考生 {c} 的签名覆盖至第 {seq} 步，记录至此只有 {acts} 步",
        "candidate {c}: signed up to act {seq}, the record has {acts} up to here",
    ),
    "signed_root": (
        "考生 {c} 的终端所签检查点（{size} 条）不是本记录的",
        "candidate {c}: the terminal signed beside a checkpoint ({size} entries) that is not this record's",
    ),
    "seat_signature": (
        "考生 {c} 的签名不是其所在终端（{machine}）的，或不是对这些作答的",
        "candidate {c}: not a signature of the terminal at that seat ({machine}) over these acts",
    ),
    "unsigned": (
        "考生 {c} 有 {n} 步操作没有终端签名担保，前后 {s} 秒；题号：{items}",
        "candidate {c}: {n} acts that no terminal vouches for, within {s} s; items {items}",
    ),
    "unsigned_long": (
        "考生 {c} 有 {n} 步操作没有终端签名担保，前后长达 {s} 秒（正常不超过 5 分钟）；题号：{items}",
        "candidate {c}: {n} acts over {s} s that no terminal vouches for (a site asks every minute); items {items}",
    ),
    "late_bracket": (
        "考生 {c} 的 {n} 个迟到答案：第 {after} 条之后、所签检查点（{before} 条，0 为无）之前所给；更近无从证明",
        "candidate {c}: {n} late answers, given after entry {after} and before the co-signed checkpoint "
        "over {before} (0: none); nothing dates them nearer",
    ),
    "receipts": ("{n} 个回执号重新算出", "{n} receipts made anew"),
    "receipt_found": (
        "回执号 {receipt} 属于准考证号 {number}：答卷、作答及此前全部记录均与之相符",
        "receipt {receipt} is that of {number}: form, answers and all of the record before it are what it pins",
    ),
    "receipt_before": (
        "回执号 {receipt} 属于准考证号 {number}，但该次交卷后经主考官命令重开",
        "receipt {receipt} is of an earlier hand-in of {number}, which the chief examiner opened again",
    ),
    "receipt_others": (
        "回执号 {receipt} 在本记录中属于他人，不属于准考证号 {number}",
        "receipt {receipt} is another candidate's in this record, not that of {number}",
    ),
    "receipt_not_here": (
        "回执号 {receipt}（准考证号 {number}）不是本记录的：抄录有误，或记录被改动过",
        "receipt {receipt} of {number} is not of this record: copied wrongly, or the record was altered",
    ),
    "receipt_mistyped": (
        "回执号 {receipt} 的校验符不对，请核对",
        "the check symbols of {receipt} disagree; copy it again",
    ),
    "receipt_stranger": ("名册上没有准考证号 {number}", "no candidate {number} on the roster"),
    "restored": (
        "考生 {c} 的答案（题号 {items}）由主考官据终端日志准予计入：{reason}",
        "candidate {c}: answers to items {items} admitted from a terminal's journal by the chief examiner: {reason}",
    ),
    "restore_unseen": (
        "考生 {c} 据以补入答案的终端日志不在手边，无从核对",
        "the journal from which answers of candidate {c} were admitted is not at hand",
    ),
    "journals": ("{n} 份终端日志，{c} 名考生", "{n} journals of {c} candidates"),
    "journals_none": ("没有终端日志", "no journals at hand"),
    "journals_not_there": ("此处没有终端日志", "no journals here"),
    "journal_other": (
        "是别的场次或未知考生的日志，未核对",
        "a journal of another session, or of nobody on the roster: not compared",
    ),
    "journal_owner": ("日志的考生序号 {c} 与准考证号 {number} 不符", "the journal's candidate {c} is not {number}"),
    "journal_torn": (
        "考生 {c} 的日志末尾残缺，只核对完整部分",
        "candidate {c}: the journal's end is torn; the whole part was compared",
    ),
    "journal_missing": (
        "收到了别的日志，而没有考生 {c}（机位 {terminal}）的：其作答无从对照",
        "journals are at hand, and none of candidate {c} (seat {terminal}): nothing to compare",
    ),
    "journal_unlisted": ("不在日志清单中", "not on the list of journals"),
    "journal_altered": ("与日志清单中的摘要不符", "not what the list of journals says"),
    "journal_absent": (
        "机位 {seat}：考生 {c} 的日志有 {n} 步已确认的操作，而记录称其缺考",
        "seat {seat}: the journal of candidate {c} holds {n} acknowledged acts; the record says absent",
    ),
    "journal_differs": (
        "机位 {seat}，考生 {c}，第 {item} 题（第 {seq} 步）：终端日志为 {expected}，记录为 {found}",
        "seat {seat}, candidate {c}, item {item} (act {seq}): the journal has {expected}, the record {found}",
    ),
    "journal_lost": (
        "机位 {seat}，考生 {c}：{n} 步已确认的操作不在记录中；题号：{items}",
        "seat {seat}, candidate {c}: {n} acknowledged acts are not in the record; items {items}",
    ),
    "journal_ack": (
        "机位 {seat}，考生 {c}：第 {seq} 步的确认指向第 {idx} 条记录，链值不符",
        "seat {seat}, candidate {c}: act {seq} was acknowledged with entry {idx}, whose chain value is another",
    ),
    "journal_receipt": (
        "机位 {seat}，考生 {c}：终端显示过的回执 {receipt} 所指的记录被改动",
        "seat {seat}, candidate {c}: the entry behind receipt {receipt}, which the terminal showed, is another here",
    ),
    "journal_signature": (
        "机位 {seat}，考生 {c}：日志中第 {seq} 步的签名不是记录所载终端的",
        "seat {seat}, candidate {c}: a signature at act {seq} that is of no terminal in the record",
    ),
    "journal_signed": (
        "机位 {seat}，考生 {c}：终端在第 {seq} 步签过名，记录中的作答得不出它",
        "seat {seat}, candidate {c}: the terminal signed at act {seq}, and the record's acts do not lead there",
    ),
    "journal_waiting": (
        "机位 {seat}，考生 {c}：{n} 步操作留在终端，从未得到确认；题号：{items}",
        "seat {seat}, candidate {c}: {n} acts stayed at the terminal and were never acknowledged; items {items}",
    ),
    "help_receipt": (
        "查找考生抄下的回执号（与 --candidate 同用）",
        "look for a receipt that a candidate copied (with --candidate)",
    ),
    "help_candidate": ("回执号所属的准考证号", "admission number whose receipt it is said to be"),
    "help_journal": (
        "对照此文件夹中的终端日志（可重复）",
        "compare the terminals' journals in this folder (repeatable)",
    ),
    "usage_receipt": ("--receipt 与 --candidate 须同时给出。", "--receipt and --candidate go together."),
    "check_limits": ("补时和暂停在规则限度之内", "time added and pauses within the rule's bounds"),
    "check_incidents": ("补时、暂停、放弃、重启", "time added, pauses, waivers, reboots"),
    "check_presence": ("考务人员在岗", "staff were there"),
    "check_clock-drift": ("日历时钟与运行时钟一致", "wall clock and boot clock agree"),
    "limits": (
        "单个考生累计补时至多 {added} 分钟，暂停至多 {paused} 分钟",
        "of one candidate in all: {added} minutes added at most, {paused} of pause",
    ),
    "over_the_rule": (
        "考生 {c}（0 为全场）累计 {minutes} 分钟，规则至多 {most} 分钟，且无主考官签署的指令",
        "candidate {c} (0: the room): {minutes} minutes in all, the rule allows {most}, and no signed order",
    ),
    "ordered_over_the_rule": (
        "考生 {c}（0 为全场）累计 {minutes} 分钟，超出规则的 {most} 分钟，由主考官签署指令",
        "candidate {c} (0: the room): {minutes} minutes in all, rule {most}, by the chief examiner's order",
    ),
    "during_pause": (
        "考生 {c} 在暂停 {ms} 毫秒后仍有作答被记入",
        "candidate {c}: an act was taken {ms} ms after the clock was stopped",
    ),
    "added": (
        "考生 {c}（0 为全场）补时 {minutes} 分钟：{reason}",
        "candidate {c} (0: the room) got {minutes} minutes: {reason}",
    ),
    "paused": ("考生 {c}（0 为全场）暂停：{reason}", "candidate {c} (0: the room) was paused: {reason}"),
    "waived": ("考生 {c} 未交卷即关场：{reason}", "candidate {c} was waived: {reason}"),
    "rebooted": ("服务器所在机器在此重新启动", "the server's machine was rebooted here"),
    "presence": (
        "考务人员两次操作或确认在岗之间最长 {longest} 分钟；确认在岗 {confirmed} 次",
        "at most {longest} minutes between two signs of staff; presence confirmed {confirmed} times",
    ),
    "nobody_shown": (
        "此前 {minutes} 分钟无考务人员操作或确认在岗，应不超过 {most} 分钟",
        "for {minutes} minutes no sign of staff before this; {most} at most is asked",
    ),
    "partial": (
        "{name} 受雇于 {institution}，该机构培训了本场考生（教考不分）",
        "{name} is employed by {institution}, which trained candidates of this session",
    ),
    "lapse_missing": ("{name} 缺位：{reason}", "{name} was missing from their post: {reason}"),
    "lapse_overstepping": ("{name} 越位：{reason}", "{name} overstepped their role: {reason}"),
    "lapse_misplaced": ("{name} 错位：{reason}", "{name} did another's work: {reason}"),
    "wall_moved": (
        "日历时钟相对运行时钟变动 {s} 秒（不影响任何时限）",
        "the wall clock moved by {s} s against the boot clock (no time limit depends on it)",
    ),
    "pause_twice": ("已在暂停中（{c}）", "already paused ({c})"),
    "resume_unpaused": ("并未暂停（{c}）", "was not paused ({c})"),
    "limit": (
        "考生 {c} 的时限为 {found} 毫秒，应为 {expected}",
        "candidate {c}: limit {found} ms, should be {expected}",
    ),
    "late_unmarked": (
        "考生 {c} 超时 {ms} 毫秒的作答未标迟到",
        "candidate {c}: an answer {ms} ms past the deadline, unmarked",
    ),
    "late_unearned": ("考生 {c} 距可标迟到尚有 {ms} 毫秒却标迟到", "candidate {c}: marked late {ms} ms too soon"),
    "cut_short": ("考生 {c} 提前 {ms} 毫秒被 {by} 交卷", "candidate {c}: handed in by {by} {ms} ms too early"),
    "no_hand_in": ("考生 {c} 开考后未交卷也未豁免", "candidate {c} started, and neither handed in nor was waived"),
    "no_close": ("没有 CLOSE", "no CLOSE"),
    "close_twice": ("重复 CLOSE", "CLOSE twice"),
    "after_close": ("CLOSE 之后有 {type}", "{type} after CLOSE"),
    "close_count": ("写 {found}，应为 {expected}", "says {found}, should be {expected}"),
    # forms
    "no_form": ("考生 {c} 的试卷无法抽出（{why}）", "candidate {c}: no form can be drawn ({why})"),
    "form": ("考生 {c} 的试卷摘要为 {found}，重抽得 {expected}", "candidate {c}: form {found}, redrawn {expected}"),
    "attempt": (
        "考生 {c} 的尝试次数为 {found}，重抽为 {expected}",
        "candidate {c}: attempt {found}, redrawn {expected}",
    ),
    "form_cell": (
        "考生 {c} 的试卷在 {stratum} 有 {found} 题，应为 {expected}",
        "candidate {c}: {found} items of {stratum}, should be {expected}",
    ),
    "form_repeat": ("考生 {c} 的试卷有重复题 {id}", "candidate {c}: item {id} twice"),
    "form_enemies": ("考生 {c} 的试卷同含互斥组 {group} 的题", "candidate {c}: two items of enemy group {group}"),
    "form_tolerance": (
        "考生 {c} 的试卷难度和偏离目标 {found}，容差 {expected}",
        "candidate {c}: summed difficulty off target by {found}, tolerance {expected}",
    ),
    "form_mandatory": (
        "考生 {c} 的试卷带“{tag}”的题有 {found}，至少应有 {expected}",
        "candidate {c}: {found} items with tag {tag}, at least {expected} needed",
    ),
    "form_locked": ("考生 {c} 的题 {id} 移动了锁定选项", "candidate {c}: a locked option of item {id} moved"),
    # result
    "left_out": ("名册第 {c} 号 {admission_no} 不在结果中", "candidate {c}, {admission_no}, is left out of the result"),
    "no_institution": ("名册中没有机构“{institution}”", "no such institution on the roster: {institution}"),
    "institution_left_out": ("结果缺机构“{institution}”", "institution left out of the result: {institution}"),
    "not_separated": ("未分离：一人持有（{holders}）", "not separated: one holder ({holders})"),
    "same_key": ("{one} 与 {other} 用同一公钥，却称已分离", "{one} and {other} share one key, yet claim separation"),
    "same_holder": (
        "{name} 兼任 {one} 与 {other}，却称已分离",
        "{name} is both {one} and {other}, yet separated is claimed",
    ),
    "not_read": ("供人阅读，未逐字核对；以 result.json 为准", "for people; not compared: result.json is what counts"),
    # the bureau's release ledger
    "no_window": ("旧版考试包，未限定启封日期", "a package of before there were windows"),
    "never_prepared": ("OPEN 之前没有启封准备的记录", "nobody prepared the package before OPEN"),
    "outside_window": (
        "在 {day} 启封，不在 {first} 至 {last} 之内",
        "opened on {day}, which is not within {first} to {last}",
    ),
    "day_stated": (
        "服务器时钟为 {clock}，由 {who} 声明当天是 {stated}",
        "the server's clock said {clock}; {who} stated {stated}",
    ),
    "not_filed": (
        "没有发放台账的摘录：无法判断是否只开考一次、启封码凭什么发放；请向考试机构索取（--ledger）",
        "no extract of the release ledger: whether there was one sitting, and for what codes were given, cannot be "
        "judged; ask the bureau for it (--ledger)",
    ),
    "before_ledger": ("考试包签发时还没有发放台账", "issued before there was a release ledger"),
    "ledger_head": ("台账头不是考试机构签署的", "the ledger's head is not signed by the bureau"),
    "ledger_head_is": ("台账共 {entries} 条，根值 {root}", "a ledger of {entries} entries, root {root}"),
    "ledger_proof": ("第 {n} 条不在所签台账之中", "entry {n} is not in the signed ledger"),
    "ledger_gap": (
        "第 {n} 条所指的前一条是 {before}，摘录中没有",
        "entry {n} names entry {before} as the one before it, which the extract leaves out",
    ),
    "ledger_issue": (
        "台账中签发本考试包 {n} 次，应为 1 次",
        "the ledger has {n} entries of issuing this package, not 1",
    ),
    "ledger_manifest": (
        "台账登记签发的清单为 {found}，本结果的是 {expected}",
        "the ledger has manifest {found} as issued; this result's is {expected}",
    ),
    "ledger_void": (
        "考试包已于 {at} 作废（{reason}；代之以 {by}）",
        "the package was made void at {at} ({reason}; in its place {by})",
    ),
    "ledger_alarm": ("{at} 警报：{what}（{found}）", "alarm at {at}: {what} ({found})"),
    "ledger_other_package": (
        "同一场次的另一考试包 {package} 也启封过",
        "another package of this session, {package}, was opened as well",
    ),
    "ledger_on_file": (
        "台账建立之前签发：此前的发放没有记录",
        "issued before the ledger was begun: what was given before then nobody wrote down",
    ),
    "ledger_no_code": ("台账中没有发放过启封码 {number}", "the ledger has no code {number} given"),
    "ledger_room": (
        "{at} 启封码 1 发放给承诺 {told} 的考场，本记录的承诺是 {found}：这是另一次开考",
        "code 1 was given at {at} for the room's commitment {told}; this record has {found}: it is another sitting",
    ),
    "ledger_day": (
        "启封日期为 {opened}，启封码 1 却在 {told} 发放",
        "opened on {opened}, but code 1 was given on {told}",
    ),
    "ledger_root": (
        "{at} 收到的检查点（{size} 条）根值为 {told}，本记录是 {found}",
        "the checkpoint over {size} entries that came at {at} has root {told}; this record has {found}",
    ),
    "ledger_closing": (
        "{at} 登记的关场有 {told} 条，本记录有 {found} 条",
        "the closing entered at {at} has {told} entries, this record {found}",
    ),
    "ledger_told": (
        "电话报读的根值 {found} 不是本记录的 {expected}",
        "the root read out by telephone, {found}, is not this record's, {expected}",
    ),
    "ledger_statement": (
        "{at} 报读的关场 {told} 不是本记录签署的关场：启封码 2 凭虚构的关场取得",
        "the closing read out at {at}, {told}, is not the signed one of this record: code 2 was had for another",
    ),
    "ledger_telephone": (
        "启封码 2 凭 {at} 电话报读发放，尚未与签署的关场核对登记",
        "code 2 was given by telephone at {at}; the signed closing is not entered yet",
    ),
    "ledger_result": (
        "台账登记的结果为 {found}，本结果是 {expected}",
        "the ledger has result {found}; this one is {expected}",
    ),
    # what could not be judged
    "needs": ("所需的“{what}”未能确立", "needs what could not be established: {what}"),
    "not_evaluated": ("无法评估（{why}）", "could not be evaluated ({why})"),
}


def text(code: str, language: str, /, **facts: Any) -> str:
    """The sentence for `code`; hostile facts are defused, and a missing one does no harm."""
    pair = SENTENCES.get(code)
    if pair is None:
        return code + ": " + ", ".join(f"{name}={plain(value)}" for name, value in facts.items())
    return pair[EN if language == "en" else ZH].format_map(_Plain(facts))


def plain(value: Any) -> str:
    """`value` on one line without control characters: an archive must not write on the auditor's terminal."""
    if isinstance(value, Mapping):
        return plain(", ".join(f"{name}: {inner}" for name, inner in list(value.items())[:20]))
    shown = "".join(each if each.isprintable() else f"\\u{{{ord(each):x}}}" for each in str(value)[:300])
    return shown + "…" if len(str(value)) > 300 else shown


class _Plain(dict[str, Any]):
    def __init__(self, facts: Mapping[str, Any]) -> None:
        super().__init__((name, plain(value)) for name, value in facts.items())

    def __missing__(self, name: str) -> str:
        return f"<{name}>"
