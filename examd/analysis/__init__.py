"""What answers say of items, forms and candidates, once sessions are marked: figures for people to look at.

Pure: arrays in, figures out; numpy and nothing of ours. Scores are arrays `(n_candidates, n_items)` of 0 … 1, `nan`
where an item was not on a candidate's form: forms are drawn, and what nobody was shown is never a zero.
"""
