"""The chief examiner's own device: what it may be asked, what it remembers, what it refuses, what it signs.

It needs no network: a request and its answer are two files in a folder that both can reach, such as a stick. The site
never holds its key. It believes no figure of the server: it folds the entries of the record itself.
"""
