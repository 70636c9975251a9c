"""Pass rates of training institutions, each with its named definition and a Wilson interval.

Before: `examd.grading.mark`. After: `result.json`, which holds counts only; `examd.documents` prints rates from them.
"""
