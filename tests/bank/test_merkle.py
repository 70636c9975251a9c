"""Trees against the RFC's own recursion: roots, and the proof that a tree only grew."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from bank.merkle import EMPTY_ROOT, Tree, consistency, is_consistent, node_hash, root

MOST = 40


def leaves(n, mark=b""):
    return [hashlib.sha256(mark + n.to_bytes(4, "big")).digest() for n in range(n)]


def rfc_root(part):
    """RFC 6962 §2.1."""
    if len(part) < 2:
        return part[0] if part else EMPTY_ROOT
    k = 1 << ((len(part) - 1).bit_length() - 1)
    return node_hash(rfc_root(part[:k]), rfc_root(part[k:]))


def rfc_proof(m, part, whole=True):
    """RFC 6962 §2.1.2, SUBPROOF."""
    if m == len(part):
        return [] if whole else [rfc_root(part)]
    k = 1 << ((len(part) - 1).bit_length() - 1)
    if m <= k:
        return [*rfc_proof(m, part[:k], whole), rfc_root(part[k:])]
    return [*rfc_proof(m - k, part[k:], False), rfc_root(part[:k])]


def edge(part):
    tree = Tree()
    for leaf in part:
        tree.append(leaf)
    return tree.edge


def test_every_proof_up_to_forty_leaves_is_the_rfcs_and_holds():
    for size in range(MOST + 1):
        for first in range(size + 1):
            whole = leaves(size)
            proof = consistency(edge(whole[:first]), first, whole[first:])
            assert proof == (rfc_proof(first, whole) if first else [])
            assert is_consistent(first, rfc_root(whole[:first]), size, root(whole), proof)


def test_no_proof_of_another_size_or_place_holds():
    whole = leaves(MOST)
    for size in range(1, MOST + 1):
        for first in range(1, size):
            proof = consistency(edge(whole[:first]), first, whole[first:size])
            roots = rfc_root(whole[:first]), rfc_root(whole[:size])
            assert not is_consistent(first, roots[1], size, roots[0], proof)
            assert not is_consistent(first, *(roots[0], size, roots[1]), proof[:-1])
            assert not is_consistent(first, *(roots[0], size, roots[1]), [*proof, roots[0]])
            assert not is_consistent(size, roots[0], first, roots[1], proof)


@given(st.integers(1, 300), st.integers(1, 300), st.data())
def test_a_leaf_rewritten_before_the_first_root_is_never_consistent(first, more, data):
    size, at = first + more, data.draw(st.integers(0, first - 1))
    honest = leaves(size)
    forged = [*honest[:at], hashlib.sha256(b"forged").digest(), *honest[at + 1 :]]
    proof = consistency(edge(forged[:first]), first, forged[first:])
    assert is_consistent(first, root(forged[:first]), size, root(forged), proof)
    assert not is_consistent(first, root(honest[:first]), size, root(forged), proof)
    mixed = consistency(edge(honest[:first]), first, forged[first:])
    assert not is_consistent(first, root(honest[:first]), size, root(forged), mixed)


@given(st.integers(1, 300), st.integers(0, 300), st.data())
def test_a_spoilt_proof_holds_for_nothing(first, more, data):
    whole = leaves(first + more)
    proof = consistency(edge(whole[:first]), first, whole[first:])
    old, new = root(whole[:first]), root(whole)
    assert is_consistent(first, old, first + more, new, proof)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        spoilt = bytearray(proof[at])
        spoilt[data.draw(st.integers(0, 31))] ^= 1 << data.draw(st.integers(0, 7))
        assert not is_consistent(first, old, first + more, new, [*proof[:at], bytes(spoilt), *proof[at + 1 :]])
