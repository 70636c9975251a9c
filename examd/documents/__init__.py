"""Papers and pages made from a result: two CSV files, a workbook, and the bulletin of pass rates (合格率公告).

Before: `result.json` and `examd.rates`. After: people. Nothing here is evidence: every figure can be recomputed
from `result.json`, and every file names the hashes to check it against. `write.write_all` writes them all.
"""
