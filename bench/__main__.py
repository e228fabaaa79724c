"""The budgets, measured: `make bench` runs every section, `python -m bench SECTION` one of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from cyclopts import App
from rich.console import Console
from rich.table import Table

from bench import calls as counts
from bench import crowd as crowds
from bench import datamodel, prices, report_rates, starts
from bench import institution as institutions
from bench import large as big
from bench import posts as journal
from bench import transfer as rates
from bench.house import world

MIB = 1024 * 1024
app = App(name="bench", help="Measure the budgets.", version_flags=[], result_action="return_value")
console = Console(width=180)


@app.command
def calls(*, list_total: int = 100_000) -> bool:
    """DynamoDB calls and capacity of every route, and of pages of short and long lists (deterministic).

    Parameters
    ----------
    list_total
        Items of the long list.
    """
    sheet = Table("route", "for", "calls", "budget", "RCU", "WCU", "S3", "SQS", title="calls in sequence")
    with world() as made:
        good = not counts.routes_without_case()
        for route in counts.routes_without_case():
            sheet.add_row(route, "no case in bench/cases", style="red")
        for cost in counts.costs(made):
            case, tally = cost.case, cost.tally
            budget = f"{case.budget.calls}" + (f"+{case.extra}" if case.extra else "")
            units = (f"{tally.read_units:g}", f"{tally.write_units:g}")
            others = (str(tally.count("s3")), str(tally.count("sqs")))
            style = "" if cost.within else "red"
            sheet.add_row(case.route, case.who, str(len(tally.dynamodb)), budget, *units, *others, style=style)
            good &= cost.within
        console.print(sheet)
        short, long = (list(counts.list_costs(made, total)) for total in (counts.SHORT_LIST, list_total))
    lists = Table("list", "items", "each of two pages: calls, RCU, WCU", title="a page of a list")
    for few, many in zip(short, long, strict=True):
        same = few.pages == many.pages
        for found in (few, many):
            lists.add_row(found.name, f"{found.total:,}", found.told, style="" if same else "red")
        good &= same
    console.print(lists)
    return good


@app.command
def table() -> bool:
    """Write the access-pattern table of docs/data-model.md, and the prices of requests in docs/cost.md."""
    with world() as made:
        datamodel.write(datamodel.table(counts.costs(made)))
    prices.write("requests", prices.routes(datamodel.written()))
    return True


@app.command(name="prices")
def priced() -> bool:
    """Write the tables of docs/cost.md: requests from docs/data-model.md, jobs measured."""
    prices.write("requests", prices.routes(datamodel.written()))
    with world() as made:
        prices.write("jobs", prices.jobs(prices.measure(made)))
    return True


@app.command
def cold(*, runs: int = 15, modules: int = 15) -> bool:
    """A fresh process up to its first answer, against a bare Chalice application; slow imports when it is over.

    Parameters
    ----------
    runs
        Of each, by turns.
    modules
        How many imports to list.
    """
    found, cpu = starts.cold(runs)
    _pair("cold start", found)
    _pair("cold start, CPU (what counts where others work too)", cpu)
    if not found.within:
        rows = Table("module", "own µs", title="slowest imports")
        for name, microseconds in starts.imports(modules):
            rows.add_row(name, f"{microseconds:,}")
        console.print(rows)
    return True


@app.command
def warm(*, rounds: int = 20) -> bool:
    """CPU time of a warm request, against a bare Chalice route that makes the same calls."""
    _pair("warm request, CPU", starts.warm(rounds))
    return True


@app.command
def transfer(
    *, files_mb: int = 128, pages: int = 2000, rounds: int = 3, small_mb: int = 10, large_mb: int = 512
) -> bool:
    """Speed and memory of exports and imports, against bare loops.

    Parameters
    ----------
    files_mb
        Files of the timed export.
    pages
        Entries of the timed import.
    rounds
        Of each, by turns; the best counts.
    small_mb
        Files of the small package whose memory is measured.
    large_mb
        Files of the large one.
    """
    sheet = Table("what", "amount", "job s", "bare s", "speed of bare", "budget", title="transfer")
    export, imported = rates.exports(files_mb=files_mb, rounds=rounds), rates.imports(pages=pages, rounds=rounds)
    for name, amount, rate in (
        ("export", f"{export.amount // MIB} MB", export),
        ("import", f"{imported.amount} entries", imported),
    ):
        figures = (f"{rate.ours_s:.2f}", f"{rate.bare_s:.2f}", f"{rate.ratio:.2f}", f">= {rate.budget}")
        sheet.add_row(name, amount, *figures, style="" if rate.within else "red")
    console.print(sheet)
    kept = Table(
        "what", f"{small_mb} MB: extra", f"{large_mb} MB: extra", "peak of all", title="memory of a worker, MB"
    )
    good = True
    for name, memory in rates.memory(small_mb=small_mb, large_mb=large_mb).items():
        sizes = (memory.small_bytes, memory.large_bytes, memory.peak_bytes)
        kept.add_row(name, *(f"{size / MIB:.0f}" for size in sizes), style="" if memory.within else "red")
        good &= memory.within
    console.print(kept)
    return good


@app.command
def posts(*, posts: int = 1000, rounds: int = 2) -> bool:
    """Export and import of a journal, and of four times as many posts and files, against bare loops.

    Parameters
    ----------
    posts
        1 KB of XHTML each; every tenth has a file of 100 KB.
    rounds
        Of each, by turns; the best counts.
    """
    found = journal.passages(posts=posts, rounds=rounds)
    sheet = Table("what", "posts", "job s", "CPU s", "bare s", "speed of bare", "peak MB", "calls", title="journals")
    for one in found:
        calls = ", ".join(f"{count:,} {service}" for service, count in sorted(one.calls.items()))
        figures = (f"{one.seconds:.2f}", f"{one.cpu_s:.2f}", f"{one.bare_s:.2f}", f"{one.ratio:.2f}")
        sheet.add_row(one.way, f"{one.posts:,}", *figures, f"{one.peak_bytes / MIB:.0f}", calls)
    console.print(sheet)
    good = True
    for way in ("export", "import"):
        times, processor = journal.growth(found, way)
        good &= times <= journal.GROWTH_BUDGET
        told = f"{way}: {journal.FACTOR} times the posts take {times:.2f} times the time"
        console.print(f"{told}, {processor:.2f} times the CPU (budget <= {journal.GROWTH_BUDGET})")
    return good


@app.command
def large(
    *, files_mb: int = 1024, pages: int = 20_000, posts: int = 0, limit_s: float = 7, back_in: bool = False
) -> bool:
    """An export that outlasts its function's time several times over; `--back-in` imports it too.

    Parameters
    ----------
    files_mb
        Files to export, half photographs, half text.
    pages
        Pages to export, of one portfolio.
    posts
        Posts to export, in journals of a thousand.
    limit_s
        Time of a function, in seconds; 5 of them are kept for the checkpoint.
    back_in
        Import the package for somebody else.
    """
    found = big.export(files_mb=files_mb, pages=pages, posts=posts, limit_s=limit_s, back_in=back_in)
    rows = Table("what", "figure", title="a large export")
    for name, figure in (
        ("content", f"{found.content_bytes:,} bytes"),
        ("package", f"{found.package_bytes:,} bytes"),
        ("members", ", ".join(f"{count:,} {kind}" for kind, count in found.members.items())),
        ("workers", str(found.work.workers)),
        ("time at work", f"{found.work.seconds:.1f} s"),
        ("most memory of a worker", f"{found.work.peak_bytes / MIB:.0f} MB"),
        ("seeding, verifying", f"{found.seeding_s:.1f} s, {found.verifying_s:.1f} s"),
    ):
        rows.add_row(name, figure)
    if (imported := found.imported) is not None:
        rows.add_row("import: workers, time at work", f"{imported.workers}, {imported.seconds:.1f} s")
        rows.add_row("import: most memory of a worker", f"{imported.peak_bytes / MIB:.0f} MB")
    console.print(rows)
    for problem in found.problems:
        console.print(f"[red]{problem}[/red]")
    return not found.problems


@app.command
def crowd(*, users: int = 100, jobs: int = 10) -> bool:
    """Exports and imports of many people at once against a `make run` of its own: each ends with 2, once, none is lost.

    Parameters
    ----------
    users
        How many people.
    jobs
        Jobs of each, exports and imports by turns.
    """
    found = crowds.run(users=users, jobs=jobs)
    title = f"{found.jobs:,} jobs of {found.users} people at once, {found.whole_s:.0f} s in all"
    rows = Table("seconds", "half", "95 %", "99 %", "all", title=title)
    for spread in found.spreads:
        rows.add_row(spread.name, *(f"{spread.at(share):.2f}" for share in (0.5, 0.95, 0.99, 1)))
    console.print(rows)
    for problem in found.problems:
        console.print(f"[red]{problem}[/red]")
    console.print("" if found.problems else "Every job ended with 2, none twice, none was lost.")
    return not found.problems


@app.command
def school(*, percent: tuple[float, ...] = (1.0,)) -> bool:
    """A generated institution, loaded by the importer; what its routes cost at each size, side by side.

    Parameters
    ----------
    percent
        Of 5,000 accounts, 50,000 courses, 100,000 people, 500,000 enrollments; may be given several times.
    """
    samples = []
    for one in percent:
        samples.append(institutions.measure(one))
        _school(samples)
    problems = [*institutions.growth(samples), *(problem for one in samples for problem in one.problems)]
    for problem in problems:
        console.print(f"[red]{problem}[/red]")
    console.print("" if problems else "Flat.")
    return not problems


def _school(samples: Sequence[institutions.Sample]) -> None:
    """What is known so far."""
    loads = Table("file", *(f"{one.percent:g} %: rows, rows/s" for one in samples), title="loading")
    for name in samples[0].report.files:
        counts = [one.report.files[name] for one in samples]
        loads.add_row(name, *(f"{count.rows:,}, {count.rate:,.0f}" for count in counts))
    console.print(loads)
    sheet = Table("route", *(f"{one.percent:g} %: calls, RCU, bytes" for one in samples), title="at each size")
    for name in samples[0].costs:
        costs = [one.costs[name] for one in samples]
        sheet.add_row(name, *(f"{len(cost.calls)}, {cost.read_units:g}, {cost.bytes:,}" for cost in costs))
    console.print(sheet)


@app.command
def reports(*, percent: float = 1.0, rounds: int = 3) -> bool:
    """Every report on the generated school, against a bare loop that writes the same rows.

    Parameters
    ----------
    percent
        Size of the school, as for `school`.
    rounds
        Of each, by turns; the best counts.
    """
    columns = (
        "report",
        "rows",
        "rows/s",
        "job s",
        "bare s",
        "speed of bare",
        "budget",
        "extra MB",
        "calls",
        "RCU",
        "WCU",
    )
    sheet = Table(*columns, title=f"reports, a school of {percent:g} %")
    for one in report_rates.measure(percent, rounds):
        speed = (f"{one.rows:,}", f"{one.rows / one.ours_s:,.0f}", f"{one.ours_s:.2f}", f"{one.bare_s:.2f}")
        units = (f"{one.tally.read_units:,g}", f"{one.tally.write_units:g}")
        held = f"{one.extra_bytes / MIB:.0f}"
        budget = (f"{one.ratio:.2f}", f">= {report_rates.BUDGET}", held, str(len(one.tally.dynamodb)))
        sheet.add_row(one.type, *speed, *budget, *units, style="" if one.within else "red")
        console.print(one.type, *speed, *budget, *units, style="dim")  # measured as it goes
    console.print(sheet)
    return True


@app.default
def everything() -> bool:
    """Every section."""
    good = [section() for section in (calls, cold, warm, school, transfer, posts, large, reports)]
    return all(good)


def _pair(title: str, found: starts.Pair) -> None:
    sheet = Table("Folioport ms", "bare ms", "ratio", "budget", title=title)
    figures = (f"{found.ours_s * 1000:.1f}", f"{found.bare_s * 1000:.1f}", f"{found.ratio:.2f}", f"<= {found.budget}")
    sheet.add_row(*figures, style="" if found.within else "red")
    console.print(sheet)


if __name__ == "__main__":
    sys.exit(0 if app() else 1)
