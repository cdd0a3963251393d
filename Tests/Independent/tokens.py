"""Makes Fixtures/tokens: a small vocabulary, and what tiktoken makes of nasty and random texts.

    python3 -m venv v && v/bin/pip install tiktoken==0.14.0
    v/bin/python Tests/Independent/tokens.py [CASES]

The vocabulary is learned from the project's own README in Portuguese, so that nothing has to be
downloaded; the patterns are those that tiktoken ships. ProvidersTests compares our tokenizer with
the file's answers, token by token. CASES is the number of random texts, 150 unless said.
"""
import base64
import collections
import json
import os
import random
import sys

import regex
import tiktoken
from tiktoken_ext import openai_public

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FOLDER = os.path.join(ROOT, "Fixtures", "tokens")
MERGES = 700
# Tokens that no merge leads to: a piece that is one of them is one token all the same.
ODD = ["zqxj", " Krk", "'x"]

NASTY = [
    "", " ", "  ", "\n", "\r\n", " \n ", "\t\tx", "a", "'", "''", "'s", "'S", "'ſ", "x'ſ", "x'LL", "x'l",
    "'ve'RE'm", "DON'T", "don't've", "l'été", "HELLOworld", "helloWORLD", "ÁguaÉ", "iPhone15Pro",
    "1234567", "12 345", "¼½¾x", "٣٤٥٦", "ⅫⅬx", "日本語のテキスト", "漢A漢a", "ǅǅa", "ʰʰA", "aʰ'd",
    "!!!", " !!!\n\n/", "//\r\n/x", "? \n?", "e\u0301e\u0301", "\u0301A", "\u0301\u0301", " \u0301x", "!\u0301",
    "A\u0301B\u0301c", "\u0301ABC", "🙂🙂‍↔️", "\u200b\u200bx", "\u00a0\u00a0x", "\u2028x", "\u0085y", "\u3000漢",
    "x   \n  \n   y", "x   ", "   x", "\n\n\n   ", "   \n", "a\n ", "\r\r\n", "<|endoftext|>", "<|endofprompt|>x",
    "zqxj", " zqxj", " Krk", "zqxjx", "'x", "\x00\x01\x7f", "_a_B", "__init__(self)", "a" * 70, "ab" * 60,
    "Á" * 33, "9" * 10, " " * 40 + "x", "\n" * 20, "Razão: o livro-razão, em R$ 1.234,56.", "𝒜𝒷ℂ", "ﬀ", "İı",
    "კარგი ᲙᲐᲠᲒᲘ", "हिन्दी में", "ภาษาไทย", "한국어는", "עברית'ס", "مرحبا بك", "Ωμέγα'D",
]

# Texts that are one piece however often they are repeated, and some that are many.
LONG = [("a", 1_000_000), ("ab", 20_000), ("A", 20_000), ("漢", 9_000), ("\u0301", 9_000), (" ", 50_000),
        (" \n", 20_000), ("!", 20_000), ("a1", 9_000), ("x ", 9_000), ("'s", 9_000), ("A\u0301", 9_000)]

ALPHABETS = [
    "abcdefgh ", "ABCabc'stdmlver ", "aA '\n\r\t ", "áéíõçÃ abc", "0123 ,.-/\n", "!?;:/ \n\r'x",
    "漢字かな aA", "e\u0301\u0308aA! ", "🙂🇧🇷\u200d\ufe0f a", "ʰǅⅫ٣ſ'S ", "\u00a0\u2003\u2028\u0085 \nx", "zqxjKrk ' ",
]


def train(pattern):
    """Byte pairs by how often they occur, the commonest first; ties by their bytes."""
    with open(os.path.join(ROOT, "README.pt-BR.md"), encoding="utf-8") as file:
        words = collections.Counter(regex.findall(pattern, file.read()))
    ranks = {bytes([byte]): byte for byte in range(256)}
    pieces = [([bytes([b]) for b in word.encode()], count) for word, count in words.items()]
    for _ in range(MERGES):
        pairs = collections.Counter()
        for parts, count in pieces:
            for pair in zip(parts, parts[1:]):
                pairs[pair] += count
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        ranks[best[0] + best[1]] = len(ranks)
        for parts, _ in pieces:
            index = 0
            while index < len(parts) - 1:
                if (parts[index], parts[index + 1]) == best:
                    parts[index:index + 2] = [best[0] + best[1]]
                index += 1
    # Runs of one letter, so that pairs overlap.
    for length in (2, 3, 4, 8, 16, 64):
        ranks.setdefault(b"a" * length, len(ranks))
    for text in ODD:
        ranks.setdefault(text.encode(), len(ranks))
    return ranks


def texts(count):
    draw = random.Random(20261121)
    yield from NASTY
    scalars = [c for c in range(0x20, 0x3000) if chr(c).isprintable()]
    for number in range(count):
        if number % 5 == 4:
            yield "".join(chr(draw.choice(scalars)) for _ in range(draw.randrange(1, 25)))
        else:
            letters = draw.choice(ALPHABETS)
            yield "".join(draw.choice(letters) for _ in range(draw.randrange(1, 40)))


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    made = {name: getattr(openai_public, name) for name in ("cl100k_base", "o200k_base")}
    openai_public.load_tiktoken_bpe = lambda *_, **__: {}
    patterns = {name: make()["pat_str"] for name, make in made.items()}
    ranks = train(patterns["o200k_base"])
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(FOLDER, "small.tiktoken"), "wb") as file:
        for token, rank in sorted(ranks.items(), key=lambda entry: entry[1]):
            file.write(base64.b64encode(token) + b" %d\n" % rank)
    with open(os.path.join(FOLDER, "cases.jsonl"), "w", encoding="ascii") as file:
        for name, pattern in patterns.items():
            encoding = tiktoken.Encoding(
                "small", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
            for text in texts(count):
                tokens = encoding.encode_ordinary(text)
                file.write(json.dumps({"pattern": name, "text": text, "tokens": tokens}) + "\n")
            for text, times in LONG:
                count_of = len(encoding.encode_ordinary(text * times))
                file.write(
                    json.dumps(
                        {"pattern": name, "text": text, "times": times, "count": count_of}) + "\n")


main()
