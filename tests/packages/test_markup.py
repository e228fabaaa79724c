from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from chalicelib.domain.identity import object_path
from chalicelib.packages import markup, reopening

SOUP = """
<p> </p> <div> </div> <b> </b> <a_href="x"> </a> <table> <tr> <td> </td> </tr> </table> <ul> <li> </ul> <pre>
</pre> <pre> &#13; &#10; &#1; &#0; &nbsp; &amp; &lt; &gt; &quot; & < > " ' = / <br> <br/> </br> <hr>
<img_src="a.png"> <img_alt=x> <script> </script> <style> </style> <svg> </svg> <math> <mtext> <title> </title>
<textarea> </textarea> <iframe_src="//x/y"> </iframe> <noscript> </noscript> <plaintext> <xmp> <!-- -->
<![CDATA[ ]]> <?x ?> <form> <button> <select> <option> <h1> </h1> <blockquote> <caption> <col> <colgroup>
<p_style="color:red;background:url(x)"> <p_title="&lt;iframe_src=x&gt;"> <p_title="a&#10;b c"> <font_color=red>
<nobr> <template> </template> <video_controls> </video> <source_src=y> <details_open> </details> <ruby> <rt>
\xe9 \u65e5\u672c \U0001f600 \u0301 \ufdd0 \ufffe \x00 \x08 \ufffd javascript:alert(1) data:text/html,x
<a_href="javascript:x"> <a_href="d&#97;ta:text/html,x"> <img_src="data:image/png;base64,AA==">
<base_href=//evil> <link_rel=x> <p_onclick=x> <em> </em> <i> <u> <s> text word &notin &hellip; &#xD; &#x80;
</body> <body>
"""
PIECES = st.sampled_from([*SOUP.split(), "<pre>\n", " ", "  ", "\n\n", "\r\n", "\t"]).map(
    lambda piece: piece.replace("_", " ")
)
NASTY = st.one_of(st.lists(PIECES, max_size=25).map("".join), st.text(max_size=60))
REFERENCE = re.compile(r"portfolio:object/(\d+)")


def entry(target: int) -> str:
    return f"portfolio:object/{target}"


def address(href: str) -> str | None:
    match = REFERENCE.fullmatch(href)
    return object_path(int(match[1])) if match else None


@settings(max_examples=400, deadline=None)
@given(NASTY)
@example("<pre>\n\n\nx</pre>")
@example("<a href=x><table><a href=y>z")
@example('<p title="&lt;iframe src=x&gt;">')
@example("<b>" * 300 + "x")
def test_the_safe_form_is_a_fixed_point(html: str) -> None:
    once = markup.sanitise(html)
    assert markup.sanitise(once) == once


@settings(max_examples=400, deadline=None)
@given(NASTY)
@example(
    '<a href="/d2l/api/eP/2.5/object/7/content"><img src="/d2l/api/eP/2.5/object/8/content" alt="a &quot;b&quot;">'
)
@example("<div><div>x</div></div>")
@example("a&nbsp;\u00a0b")
def test_xhtml_gives_the_same_html_back(html: str) -> None:
    stored = markup.sanitise(html)
    xhtml = markup.to_xhtml(stored, entry)
    parsed = etree.fromstring(b"<content>" + xhtml + b"</content>")
    assert xhtml.startswith(b'<div xmlns="http://www.w3.org/1999/xhtml">')
    assert markup.from_xhtml(parsed[0], address) == stored


@settings(max_examples=300, deadline=None)
@given(NASTY)
def test_escaped_html_gives_the_same_html_back(html: str) -> None:
    stored = markup.sanitise(html)
    assert markup.from_package_html(markup.relink(stored, entry, marked=True), address) == stored


@settings(max_examples=300, deadline=None)
@given(NASTY)
def test_nothing_active_is_left(html: str) -> None:
    for tag, attributes in re.findall(r"<([a-z0-9]+)([^<>]*)>", markup.sanitise(html)):
        assert tag not in {"script", "style", "iframe", "object", "form", "base", "link", "svg", "math", "template"}
        for name, value in re.findall(r'([a-z:-]+)="([^"]*)"', attributes):
            assert not name.startswith("on")
            assert name not in {"href", "src"} or not re.match(
                r"\s*(javascript|vbscript|data:text)", value, re.IGNORECASE
            )
            assert name != "style" or "(" not in value


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_plain_text_survives_as_html(text: str) -> None:
    html = markup.text_to_html(text)
    assert markup.sanitise(html) == html
    words = markup.strip_illegal(text).replace("\xa0", " ").split()
    assert markup.html_to_text(html).split() == words


@pytest.mark.parametrize(
    ("html", "safe"),
    [
        ("<P ONCLICK='x()'>Hi<script>alert(1)</script>", "<p>Hi</p>"),
        ('<a href="javascript:alert(1)">x</a>', "<a>x</a>"),
        ('<a href="d&#97;ta:text/html,x">x</a>', "<a>x</a>"),
        ('<img src="data:image/svg+xml;base64,AA==">', "<img>"),
        ('<img src="data:image/png;base64,AA==" alt="">', '<img src="data:image/png;base64,AA==" alt="">'),
        ('<p style="color: red; background-image: url(//x/y)">x</p>', '<p style="color:red">x</p>'),
        (
            '<iframe width="5" src="https://v.example/e?a=1&amp;b=2"></iframe>',
            '<a href="https://v.example/e?a=1&amp;b=2">https://v.example/e?a=1&amp;b=2</a>',
        ),
        ("<b>" * 200 + "deep", "<b>" * 100 + "deep" + "</b>" * 100),
        ("a\x00b\x0bc\ud800d", "abcd"),
    ],
)
def test_examples(html: str, safe: str) -> None:
    assert markup.sanitise(html) == safe


MANY = 400
OPENED = "".join(f'<b class="{number}">@' for number in range(MANY))
UNCLOSED = [
    "",
    "</i>",
    "<!--</b>-->",
    "<!-- --!><!-- </b> -->",
    "<table><tr><td></b></td></tr></table>",
    "<textarea></b></textarea>",
    "<object></b></object>",
    "<select></b></select>",
    "<noscript></b></noscript>",
    "<p title='</b>'>",
    "<svg><p><title><i a='</title></b>'></title>",
    "<table><td><object></td></table></object>",
    "<table><tr><table></table></b><td>",
]


@pytest.mark.parametrize("between", UNCLOSED)
def test_formatting_that_is_never_closed_does_not_multiply(between: str) -> None:
    """Each paragraph would open all of it anew: more than a hundred times the text."""
    html = "<p>" + OPENED.replace("@", between) + "<p>x" * MANY
    safe = markup.sanitise(html)
    assert len(safe) < 2 * len(html)
    assert safe.count("x") >= MANY
    assert markup.sanitise(safe) == safe
    assert len(markup.from_package_html("<a href=x>" + html, address)) < 2 * len(html)


def test_a_long_attribute_does_not_multiply() -> None:
    html = '<p><b class="' + "y" * 50_000 + '">' + "<div>x</div>" * 2000 + "</b></p>"
    assert len(markup.sanitise(html)) < 2 * len(html)


BOMBS = """
<b> <b_id=@> </b> <i_id=@> </i> <a_href=@> </a> <font_color=@> </font> <p> </p> <div> </div> <table> </table>
<tr> </tr> <td> </td> <th> <tbody> </tbody> <thead> <caption> </caption> <object> </object> <select> </select>
<svg> </svg> <title> </title> <textarea> </textarea> <script> </script> <math> <mi> <desc> </desc> <li> <ul> </ul>
<!-- --> --!> <b_a="</b>"> <span> </span> x </em> <em_id=@> <noscript> <template> <col> <colgroup> <br> <p/> <svg/>
"""
TOKENS = st.sampled_from(BOMBS.split()).map(lambda token: token.replace("_", " "))
SOME = st.lists(TOKENS, max_size=8).map("".join)


@settings(max_examples=300, deadline=None)
@given(SOME, SOME, SOME)
def test_whatever_is_parsed_grows_no_further_than_was_foreseen(before: str, opened: str, repeated: str) -> None:
    free, reopening.FREE_WORK = reopening.FREE_WORK, 20_000
    try:
        html = before + "".join(opened.replace("@", str(number)) for number in range(60)) + f"{repeated}<p>x" * 60
        assert len(markup.sanitise(html)) < 20_000 + (reopening.WORK_PER_CHARACTER + 8) * len(html)
    finally:
        reopening.FREE_WORK = free


@pytest.mark.parametrize(
    "html",
    [
        "<p><b>one</b> <a href=x>two</a> <em>three</em></p>" * 20_000,
        "<p>" + "".join(f"<font color=#{number:06}>x</font> " for number in range(20_000)),
        "<table>" + "<tr><td><font color=red>a<td><b>b</b><td><i>c" * 4000 + "</table>",
        "<ul>" + "<li><b>a</b> <a href=x>b</a>" * 20_000 + "</ul>",
        "<p class=MsoNormal><b style='mso-x:y'><span>a<o:p></o:p></span></b></p><!--[if gte mso 9]><xml></xml>-->"
        * 4000,
        "<p><b>a</b><svg viewBox='0 0 1 1'><title>t</title><path d='M0'/></svg> <font color='#123'>b</font></p>" * 4000,
    ],
)
def test_what_people_and_their_programs_write_keeps_its_formatting(html: str) -> None:
    assert markup.sanitise(html).count("</") >= 8000


def test_frames_without_an_end_are_looked_at_once() -> None:
    """Half a million of them: looking for the end of each from each would not come back."""
    assert markup.sanitise("<iframe " * 500_000) == ""
    assert markup.sanitise("<iframe src=//x/y></iframe>" + "<iframe " * 9) == '<a href="//x/y">//x/y</a>'


def from_xhtml(source: str, *, unwrap: bool = False) -> str:
    return markup.from_xhtml(etree.fromstring(f'<div xmlns="{markup.XHTML}">{source}</div>'), address, unwrap=unwrap)


def test_an_image_may_say_href_and_a_link_any_spelling() -> None:
    html = from_xhtml(
        '<img rel="leap2:has_part" href="portfolio:object/5" alt="x"/><a rel="has_part" href="portfolio:object/6">y</a>'
    )
    assert html == f'<img src="{object_path(5)}" alt="x"><a href="{object_path(6)}">y</a>'


def test_a_link_to_what_is_not_there_keeps_its_text() -> None:
    assert from_xhtml('<a rel="leap2:has_part" href="portfolio:gone">y</a>') == "<a>y</a>"


def test_a_package_cannot_point_at_objects_by_their_address() -> None:
    assert from_xhtml(f'<a href="{object_path(5)}">y</a>') == "<a>y</a>"


def test_wrappers_that_exporters_add_are_dropped() -> None:
    assert from_xhtml("<div><div><p>a</p></div></div>", unwrap=True) == "<p>a</p>"
    assert from_xhtml("<div>a</div><div>b</div>", unwrap=True) == "<div>a</div><div>b</div>"
    assert from_xhtml('<div class="x">a</div>', unwrap=True) == '<div class="x">a</div>'
    assert from_xhtml("<div>a</div>") == "<div>a</div>"


def test_a_foreign_namespace_leaves_its_text() -> None:
    assert from_xhtml('<svg xmlns="http://www.w3.org/2000/svg"><text>hi</text><style>x{}</style></svg>') == "hix{}"


def test_the_copy_makes_no_request() -> None:
    html = (
        f'<p><img src="{object_path(5)}" alt="mine"><img src="https://x.example/a.png" alt="theirs">'
        '<a href="https://y.example"><img src="//x.example/b.png" alt="b"></a>'
        f'<video src="https://x.example/v"></video><a href="view.php?id=1">near</a><a href="{object_path(9)}">gone</a>'
    )
    copy = markup.to_copy(html, lambda target: "../f.png" if target == 5 else None)
    assert copy == (
        '<p><img src="../f.png" alt="mine"><a href="https://x.example/a.png">theirs</a>'
        '<a href="https://y.example">b</a>'
        '<a href="https://x.example/v">https://x.example/v</a><video></video><a>near</a><a>gone</a></p>'
    )


def test_ids_in_html() -> None:
    html = f'<a href="{object_path(5)}">{object_path(6)}</a>'
    assert 5 in markup.object_ids(html)
