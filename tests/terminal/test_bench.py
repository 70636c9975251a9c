"""`examd bench terminal` runs the real program and prints what it measured."""

import argparse
import json
import shutil

import pytest

from tools.bench import terminal as bench


@pytest.mark.timeout(600)  # a dozen waits for a quiet screen, each longer the busier the machine
def test_the_real_terminal_is_timed_in_a_pty_where_there_is_no_tmux(monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert bench.run(argparse.Namespace(keys=12, starts=1, json=True)) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["through"] == "pty"
    assert report["keys"] == 12
    assert 0 < report["key_to_paint_p50_ms"] <= report["key_to_paint_p95_ms"]
    assert 0 < report["first_paint_s"] < 60  # a busy machine is not a fault: the bench itself says the figure
    assert 20 < report["rss_mib"] < 100
