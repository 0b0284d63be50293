"""The book's page as HTML: one document, no outside asset, every value escaped."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

STYLE = """
:root{--ink:#20242c;--quiet:#68707f;--paper:#f6f4ef;--card:#fff;--line:#e4e0d6;--accent:#2f5d62}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
header{background:var(--accent);color:#fff;padding:.9rem 1.5rem;display:flex;gap:1rem;
align-items:center;flex-wrap:wrap}
header b{font-size:1.1rem;flex:1}
header a{color:#fff}
form{display:flex;gap:.4rem}
input,button{font:inherit;border:0;border-radius:.4rem;padding:.3rem .6rem}
button{background:#d9a441;cursor:pointer}
main{max-width:60rem;margin:2rem auto;padding:0 1.2rem;display:grid;gap:1.2rem;
grid-template-columns:repeat(auto-fit,minmax(18rem,1fr))}
.lead{grid-column:1/-1}
h1{font:600 2.2rem/1.2 Georgia,serif;margin:.2rem 0}
h2{font-size:1.05rem;margin:0 0 .6rem;color:var(--accent)}
article{background:var(--card);border:1px solid var(--line);border-radius:.8rem;padding:1.2rem}
dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem;margin:0}
dt{color:var(--quiet)} dd{margin:0}
blockquote{margin:0 0 1rem;padding-left:.9rem;border-left:3px solid var(--line)}
blockquote footer{color:var(--quiet);font-size:.9rem}
.stars{font-size:1.3rem;letter-spacing:.1em} .black{color:#20242c} .red{color:#c8372d}
.dim{opacity:.2}
.pod{display:inline-block;margin-top:.6rem;padding:.1rem .6rem;border-radius:1rem;
background:#eef3f2;color:var(--accent);font:13px ui-monospace,monospace}
.bad{color:#9b2c20}
"""


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows beside its reviews."""

    product: dict[str, Any]
    user: str
    pod: str
    details_status: int
    details: dict[str, Any]


def index_page() -> str:
    """The way in."""
    body = '<article class="lead"><h1>A small bookstore</h1><p>Every part of the next page comes '
    body += "from a service of its own, through the mesh.</p>"
    body += '<p><a href="productpage">Open the product page</a></p></article>'
    return _document(body, "")


def product_page(view: View, reviews_status: int, reviews: dict[str, Any]) -> str:
    """The whole product page."""
    return _document(
        _lead(view) + _details(view) + _reviews(reviews_status, reviews), _session(view.user)
    )


def _document(body: str, session: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Simple Bookstore App</title><style>{STYLE}</style></head><body>"
        f"<header><b>Bookinfo</b>{session}</header><main>{body}</main></body></html>\n"
    )


def _session(user: str) -> str:
    if user:
        return f'<span>{escape(user)}</span><a href="logout">Sign out</a>'
    return (
        '<form method="post" action="login"><input name="username" placeholder="Name" '
        'aria-label="Name" required><input name="passwd" type="password" placeholder="Password" '
        'aria-label="Password"><button>Sign in</button></form>'
    )


def _lead(view: View) -> str:
    title, text = escape(view.product["title"]), escape(view.product["descriptionHtml"])
    return f'<article class="lead"><h1>{title}</h1><p>{text}</p>{_pod(view.pod)}</article>'


def _details(view: View) -> str:
    if view.details_status != 200:
        return _failed("Error fetching product details", view.details)
    shown = {name: value for name, value in view.details.items() if name not in ("id", "podname")}
    rows = "".join(
        f"<dt>{escape(name[:1].upper() + name[1:])}</dt><dd>{escape(str(value))}</dd>"
        for name, value in shown.items()
    )
    pod = _pod(view.details.get("podname"))
    return f"<article><h2>Book Details</h2><dl>{rows}</dl>{pod}</article>"


def _reviews(status: int, reviews: dict[str, Any]) -> str:
    if status != 200:
        return _failed("Error fetching product reviews", reviews)
    quotes = "".join(_quote(review) for review in reviews.get("reviews", []))
    pod = _pod(reviews.get("podname"))
    return f"<article><h2>Book Reviews</h2>{quotes}{pod}</article>"


def _quote(review: dict[str, Any]) -> str:
    text, reviewer = escape(str(review.get("text"))), escape(str(review.get("reviewer")))
    stars = _stars(review["rating"]) if "rating" in review else ""
    return f"<blockquote><p>{text}</p>{stars}<footer>{reviewer}</footer></blockquote>"


def _stars(rating: dict[str, Any]) -> str:
    if "stars" not in rating:
        return f'<p class="bad">{escape(str(rating.get("error")))}</p>'
    count = max(0, min(5, int(rating["stars"])))
    color = escape(str(rating.get("color", "black")))
    lit, dim = "★" * count, "★" * (5 - count)
    return (
        f'<p class="stars {color}" role="img" aria-label="{count} of 5 stars, {color}">'
        f'{lit}<span class="dim">{dim}</span></p>'
    )


def _failed(title: str, answer: dict[str, Any]) -> str:
    message, reason = escape(str(answer.get("error"))), escape(str(answer.get("reason", "")))
    text = f'<p>{message}</p><p class="bad">{reason}</p>'
    return f'<article><h2 class="bad">{title}</h2>{text}</article>'


def _pod(name: Any) -> str:
    return f'<span class="pod">{escape(str(name))}</span>' if name else ""
