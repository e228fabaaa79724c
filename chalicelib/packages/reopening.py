"""What an HTML parser would make again and again of formatting that nobody closed.

A browser, and so the sanitiser's parser, opens every `b`, `font`, … that is still open anew in each paragraph, cell and
box: with 2,000 of them before 2,000 paragraphs, 40 KB become four million elements, and one attribute of 20 KB is
written as often as there are boxes in it. How much that will be is worked out here beforehand, in one pass over the
tags.

The pass is no parser, so it errs to one side: an end tag counts only where it closes its element for certain.
"""

from __future__ import annotations

import re
from collections import Counter

from msgspec import Struct, field

FREE_WORK = 32 << 20
"""Bytes that elements made again may take, whatever the size of the text."""
WORK_PER_CHARACTER = 8
ELEMENT_BYTES = 256
"""What an element costs in the parser, its attributes aside."""
ALIKE = 3
"""Elements that are written alike and stay open at once: HTML's "Noah's Ark" rule."""
MAX_ALIKE = 8
"""Of more that are written alike, the end tags are not looked for."""
LOOK_BACK = 7
"""Elements between a start tag and its end tag: from eight on, HTML itself gives up on formatting."""
LOOK_BACK_FAR = 50
"""The same for tables and the like."""

_FORMATTING = frozenset(["a", "b", "big", "code", "em", "font", "i", "nobr"])
_FORMATTING |= {"s", "small", "strike", "strong", "tt", "u"}
_CELLS = frozenset({"caption", "td", "th"})
_ROWS = frozenset({"tbody", "tfoot", "thead", "tr", "colgroup", "col"})
_TABLE = _CELLS | _ROWS | {"table"}
_SECTIONS = frozenset({"tbody", "tfoot", "thead"})
_ENDED = ("td", "th", "caption", "colgroup", "tr", "tbody", "tfoot", "thead")
_MARKERS = _CELLS | {"applet", "marquee", "object"}
"""Elements that formatting inside does not outlive."""
_WALLS = _MARKERS | {"table", "select", "annotation-xml", "desc", "foreignobject", "mi", "mn", "mo", "ms", "mtext"}
"""Elements behind which an end tag does not reach."""
_STRANGE = frozenset({"math", "select", "svg"})
"""Elements in which other rules hold."""
_RAW = frozenset({"iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp"})
"""Elements that hold text only, whatever it looks like."""
_UNCERTAIN = frozenset({"frameset", "noscript", "plaintext", "template"})
_REPEATED = frozenset({"a", "dd", "dt", "li", "option", "p"})
"""Elements that a next one of theirs closes."""
_BOXES = _TABLE | _MARKERS | {"address", "article", "aside", "blockquote", "button", "center", "details", "dir", "div"}
_BOXES |= {"dl", "fieldset", "figcaption", "figure", "footer", "header", "main", "menu", "nav", "ol", "pre"}
_BOXES |= {"section", "summary", "ul"}
"""Elements whose end tag ends whatever is in them."""
_VOID = frozenset(
    ["area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen"]
)
_VOID |= {"keygen", "link", "meta", "param", "source", "track", "wbr"}

_PLAIN_TAG = re.compile(r'</?[a-z][a-z0-9]*+(?: [a-z-]++="[^"<>]*+")*+ ?/?>', re.IGNORECASE | re.ASCII)
_TAG = re.compile(
    r"""(?P<comment><!--)
    |<(?P<end>/?)(?P<name>[a-z][^\s/>]*+)
        (?:[\s/]++ | [^\s/>][^\s/>=]*+ (?:\s*+=\s*+ (?:"[^"]*+" | '[^']*+' | [^\s"'>][^\s>]*+)?+)?+)*+ >
    |(?P<endless></?[a-z])
    |<[!?/](?P<bogus>[^>]*+)>?""",
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)
"""What stands between the texts of a document, as HTML has it."""
_COMMENT_END = re.compile("--!?>")
_START = re.compile(rf"<(?:{'|'.join(sorted(_FORMATTING))})[\s/>]", re.IGNORECASE | re.ASCII)


def is_bomb(html: str) -> bool:
    """Whether parsing `html` could make so much again that it must not be tried.

    >>> is_bomb("<p><b>x</b></p>" * 9), is_bomb("".join(f"<b id={one}>" for one in range(900)) + "<p>x" * 900)
    (False, True)
    """
    allowed = FREE_WORK + WORK_PER_CHARACTER * len(html)
    tags = html.count("<")
    if tags * (tags // 4 + ELEMENT_BYTES * tags + len(html)) <= allowed:
        return False
    work = _nested_work(html, tags)
    return work > allowed if work is not None else _Pass(html).work_exceeds(allowed)


def _nested_work(html: str, tags: int) -> int | None:
    """The work where every element is closed in its place, as in nearly every text; None where one is not."""
    known: dict[str, tuple[str, int]] = {}
    open_tags: list[str] = []
    weight = work = 0
    for match in _PLAIN_TAG.finditer(html):
        tag = match[0]
        tags -= 1
        work += weight + len(open_tags) // 4
        if tag[1] == "/":
            if not open_tags or known[open_tags[-1]][0] != tag[2:-1].lower():
                return None
            weight -= known[open_tags.pop()][1]
            continue
        if tag not in known:
            name = re.split("[ />]", tag[1:], maxsplit=1)[0].lower()
            if name in _RAW | _UNCERTAIN | _STRANGE:
                return None
            known[tag] = name, ELEMENT_BYTES + len(tag) if name in _FORMATTING else 0
        name, added = known[tag]
        if name not in _VOID:
            open_tags.append(tag)
            weight += added
    return None if open_tags or tags else work


class _Open(Struct):
    """An element taken to be open; `weight` is what it costs each time it is made again."""

    name: str
    tag: str
    weight: int


class _Pass(Struct):
    """The pass: what is open, and what that costs at each tag."""

    html: str
    stack: list[_Open] = field(default_factory=list)
    alike: Counter[str] = field(default_factory=Counter)
    """Formatting by its tag, also what the end of its parent left open."""
    weight: int = 0
    strange: int = 0
    tables: int = 0
    certain: bool = True

    def work_exceeds(self, allowed: int) -> bool:
        """Whether the work is more than `allowed` bytes."""
        work = position = 0
        while self.certain and (match := _TAG.search(self.html, position)) is not None:
            work += self.weight + len(self.stack) // 4
            if work > allowed:
                return True
            if match["endless"]:
                return False
            position = self._after(match)
        if self.certain:
            return False
        rest = self.html[position:]
        most = self.weight + len(self.stack) + len(rest) + ELEMENT_BYTES * len(_START.findall(rest))
        return work + most * rest.count("<") > allowed

    def _after(self, match: re.Match[str]) -> int:
        """Where to go on after a tag or comment."""
        if match["comment"]:
            return self._comment(match.end())
        if not match["name"]:
            self.certain = not (self.strange and match["bogus"].startswith("[CDATA["))
            return match.end()
        name = match["name"].lower() if match["name"].isascii() else match["name"]
        if match["end"]:
            self._end(name)
            return match.end()
        if name in _RAW:
            return self._raw(name, match.end())
        self._start(name, match[0])
        return match.end()

    def _comment(self, position: int) -> int:
        if self.html.startswith((">", "->"), position):
            return position
        end = _COMMENT_END.search(self.html, position)
        return end.end() if end else len(self.html)

    def _raw(self, name: str, position: int) -> int:
        """Where the text of such an element ends."""
        end = re.compile(rf"</{name}[\s/>]", re.IGNORECASE | re.ASCII).search(self.html, position)
        if end is None:
            self.certain = not self.strange
            return position if self.strange else len(self.html)
        text = self.html[position : end.start()]
        if (self.strange and "<" in text) or (name == "script" and "<!--" in text and "<script" in text.lower()):
            self.certain = False
            return position
        return end.start()

    def _start(self, name: str, tag: str) -> None:
        if name in _UNCERTAIN or (self.strange and name in _MARKERS | _TABLE):
            self.certain = False
        elif name in _CELLS | _ROWS and not self.tables:
            return
        elif not (self.strange and tag.endswith("/>") and name not in _WALLS | _FORMATTING):
            self._end_before(name)
            if name in _VOID:
                return
            found = _Open(name, tag, ELEMENT_BYTES + len(tag) if name in _FORMATTING else 0)
            if self._count(found, 1) <= MAX_ALIKE:
                self.stack.append(found)

    def _end_before(self, name: str) -> None:
        """End what a start tag ends."""
        if name in _REPEATED:
            self._end(name)
        elif name == "table":
            if next((one.name for one in reversed(self.stack) if one.name in _WALLS), "") == "table":
                self._end("table")
        elif name in _TABLE:
            self._make_way(name)

    def _make_way(self, name: str) -> None:
        """End the parts of a table that another part ends, and begin those that it stands in."""
        for part in _ENDED if name not in {"td", "th", "tr"} else _ENDED[: 5 if name == "tr" else 4]:
            self._end(part)
        around = {"td": ("tbody", "tr"), "th": ("tbody", "tr"), "tr": ("tbody",)}.get(name, ())
        if self.stack and self.stack[-1].name in _SECTIONS:
            around = around[1:]
        elif self.stack and self.stack[-1].name == "tr":
            around = ()
        self.stack += [_Open(one, "", 0) for one in around]

    def _count(self, one: _Open, number: int) -> int:
        """Count an element as open, or not any more; how many like it there were or are."""
        self.strange += number * (one.name in _STRANGE)
        self.tables += number * (one.name == "table")
        if not one.weight:
            return 0
        self.alike[one.tag] += number
        most = self.alike[one.tag] + (number < 0)
        self.weight += number * one.weight * (most <= ALIKE)
        return most

    def _end(self, name: str) -> None:
        """End an element, if there is one for certain; where one may have ended, nothing is certain any more."""
        far = name in _MARKERS | _TABLE
        last = len(self.stack) - 2 - (LOOK_BACK_FAR if far else LOOK_BACK)
        for place in range(len(self.stack) - 1, max(-1, last), -1):
            found = self.stack[place].name
            if found == name:
                self._close(place)
                return
            if found in _WALLS and not (name in _TABLE and found in _CELLS):
                self.certain = not far or found == "table" or not self.tables
                return
            if name not in _FORMATTING | _BOXES and found not in _FORMATTING and found != "span":
                return
        self.certain = not far or last < 0

    def _close(self, place: int) -> None:
        if self.stack[place].weight:
            self._count(self.stack.pop(place), -1)
            return
        inside = False
        for one in self.stack[place:]:
            inside = inside or one.name in _MARKERS
            if inside or not one.weight or self.alike[one.tag] > ALIKE:
                self._count(one, -1)
        del self.stack[place:]
