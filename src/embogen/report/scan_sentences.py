"""What a scan did and found, in sentences: methods, findings, captions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from embogen.figures.p_axis import LEVEL as ALPHA
from embogen.figures.p_axis import thresholds_of
from embogen.inference.cox_caveats import FEWEST_CARRIER_EVENTS, FEWEST_CARRIERS
from embogen.numerals import format_count, format_level, format_small_p
from embogen.report.methods import (
    endpoint_sentences,
    genotype_sentences,
    patients_sentence,
    software_sentence,
)
from embogen.report.phrases import stated
from embogen.scan.reference import ENUMERATED
from embogen.scan.result import LEVEL
from embogen.study.feature_sources import which_features
from embogen.tables.scan import method_words, shortened
from embogen.wording import adjustment_words, listed, lower_first

if TYPE_CHECKING:
    from embogen.report.scan_account import ScanAccount
    from embogen.scan.problem import ScanOptions
    from embogen.scan.result import EndpointScan, ScanResult
    from embogen.study.scanning import PreparedScan

_STATUS: Final = {
    "not_tested": "tested in nobody",
    "no_null_model": "for want of a finite fit of the covariates",
}
CAPTIONS: Final = {
    "qq": (
        "QQ plot. Dots: p-values in order, against what is expected without any effect (dashed); "
        "shaded: where 95% of p-values of that rank lie if features are independent. \u03bb: "
        "median of the p-values as chi-square over that without effects, with its 95% interval; "
        "at the right by number of carriers (or of others, where those are fewer)."
    ),
    "volcano": (
        "Volcano plot. Triangles: features with a false discovery rate of at most 5%, pointing up "
        "where carriers do worse; arrowheads at the edge: hazard ratios of 0, of infinity, or "
        "beyond the axis. Names of the smallest p-values stand where there is room."
    ),
    "panel": (
        "P-values of all features tested, in the order of their source. Triangles: a false "
        "discovery rate of at most 5%, pointing up where carriers do worse."
    ),
    "calibration": (
        "Calibration on permuted outcomes, where no feature has an effect: share of p-values at or "
        "below each nominal level, by number of carriers; shaded: 95% Monte Carlo band about what "
        "is expected; arrowheads: no p-value so small, or a share below the axis."
    ),
}


def scan_methods(
    scan: PreparedScan, result: ScanResult, account: ScanAccount
) -> tuple[tuple[str, str], ...]:
    """Write the methods as (heading, paragraph) pairs."""
    plan = account.study.raw
    problems = scan.task.problems
    outcomes = [
        endpoint_sentences(
            item.name, scan.labels[item.name], plan, delayed=item.surv.entry is not None
        )
        for item in problems
    ]
    options = problems[0].options
    pairs = (
        ("Patients", patients_sentence(scan.flow, plan)),
        ("Endpoints" if len(outcomes) > 1 else "Endpoint", " ".join(outcomes)),
        ("Features", _features(scan, account, options)),
        ("Model", _model(scan, account, options)),
        ("P-values", _p_values(scan, options, result)),
        ("Several features", _families(result)),
        ("Hazard ratios", _estimates(options)),
        ("Software", software_sentence(account.provenance)),
    )
    return tuple((heading, text) for heading, text in pairs if text)


def _features(scan: PreparedScan, account: ScanAccount, options: ScanOptions) -> str:
    spec = account.study.plan.data.alterations
    which = which_features(scan.spec, account.study)
    count = format_count(len(scan.task.source.names))
    least = format_count(options.min_carriers)
    if spec is not None and which == "alterations":
        text = f"{count} features were read from \u201c{spec.file}\u201d."
        if spec.panel is not None:
            text += (
                f" Who was tested for a feature follows from the panel named in column "
                f"\u201c{spec.panel}\u201d."
            )
    else:
        who = "patient" if options.min_carriers == 1 else "patients"
        scanned = {
            "classes": f"The {count} pairs of a gene and a class of alteration found in it",
            "variants": f"The {count} variants of the mutation file found in {least} {who} or more",
        }.get(which, f"The {count} genes and groups of genes of the study")
        text = f"{scanned} were scanned. {genotype_sentences(account.study.raw)}".strip()
        if which != "genes":
            text += " Who was tested is told by the assays that can show the feature."
    return (
        f"{text.strip()} Features with fewer than {least} carriers, or fewer than {least} others, "
        "were counted and not tested; every choice was made without sight of the outcome."
    )


def _model(scan: PreparedScan, account: ScanAccount, options: ScanOptions) -> str:
    adjusted = _labels(scan.spec.covariates, account)
    strata = _labels(scan.spec.strata, account)
    text = "Each feature was related to the outcome in a Cox proportional hazards model of its own"
    if adjusted:
        text += f", adjusted for {listed(adjusted)}"
    if strata:
        text += f", with risk sets within strata of {listed(strata)}"
    text += f" ({options.ties.capitalize()} handling of ties)."
    late = [item.name for item in scan.task.problems if item.surv.entry is not None]
    if late:
        text += " Patients count in risk sets from their entry on (delayed entry)."
    return f"{text} Patients not tested for a feature are in no risk set of its model."


def _labels(names: list[str], account: ScanAccount) -> list[str]:
    known = account.study.plan.covariate
    words = []
    for name in names:
        section = known.get(name)
        label = None if section is None else section.label
        words.append(lower_first(str(label or name.removeprefix("gene:"))))
    return words


def _p_values(scan: PreparedScan, options: ScanOptions, result: ScanResult) -> str:
    where = " in the model of the covariates alone" if scan.spec.covariates else ""
    among = "within strata" if scan.spec.strata else "over all patients tested"
    parts = [f"P-values are two-sided and rest on the studentized score of the feature{where}."]
    bound = format_count(options.exact_below)
    if options.exact_below:
        parts.append(
            f"With fewer than {bound} carriers (or others) it was held against its permutation "
            f"distribution, carriers permuted {among}: all sets of carriers where there are at "
            f"most {format_count(ENUMERATED)}, else up to {format_count(options.draws)} sets drawn "
            "at random (p = (c + 1) / (B + 1), c of B sets as extreme), and a double saddlepoint "
            "where no set drawn was as extreme."
        )
    many = f"With {bound} or more the" if options.exact_below else "The"
    given = ", enlarged by what the covariates take of its variance," if where else ""
    parts.append(
        f"{many} tail of the linear score{given} was approximated by a double saddlepoint, "
        f"carriers permuted {among}."
    )
    counted = _counted(result)
    methods = {name for name, _ in counted}
    if "score" in methods:
        parts.append("Where that could not be had, the normal distribution was used.")
    if methods & {"drawn", "saddlepoint"}:
        seeds = dict.fromkeys(str(item.options.seed) for item in scan.task.problems)
        parts.append(f"The seed of the draws was {listed(list(seeds))}.")
    told = [f"{method_words(name)[0]} {format_count(count)}" for name, count in counted]
    if told:
        parts.append(f"P-values by method: {listed(told)}.")
    return " ".join(parts)


def _counted(result: ScanResult) -> list[tuple[str, int]]:
    """Count p-values by how they came about, over all endpoints."""
    table = result.table()
    tested = table.filter(table["p_value"].is_not_null())
    counts = tested["p_method"].value_counts(sort=True)
    return sorted(counts.iter_rows(), key=lambda row: (-row[1], row[0]))


def _families(result: ScanResult) -> str:
    sizes = [format_count(one.family_size) for one in result.endpoints]
    each = "of each endpoint " if len(sizes) > 1 else ""
    family = listed(list(dict.fromkeys(sizes)))
    text = (
        f"All features tested {each}form one family ({family}); p-values were adjusted by "
        f"{adjustment_words('holm')} and {adjustment_words('BH')}"
    )
    drawn = sorted({one.n_permutations for one in result.endpoints if one.n_permutations})
    if drawn:
        counts = listed([format_count(count) for count in drawn], "or")
        text += (
            f", and by {adjustment_words('max_t')} with {counts} relabelings of patients, each "
            "with all it carries and was tested for"
        )
    return f"{text}. Other analyses of the study do not belong to it."


def _estimates(options: ScanOptions) -> str:
    text = (
        f"Hazard ratios are maximum partial-likelihood estimates with Wald {format_level(LEVEL)} "
        "intervals"
    )
    if options.estimates_below < 1:
        text += f", for features with a p-value of at most {options.estimates_below:g}"
    return (
        f"{text}. Where the estimate is 0 or infinite, or rests on fewer than {FEWEST_CARRIERS} "
        f"carriers or {FEWEST_CARRIER_EVENTS} events among them (or among the others, where those "
        "are fewer), Firth's penalized estimate stands beside it."
    )


def scan_findings(scan: EndpointScan, labels: dict[str, str]) -> tuple[str, ...]:
    """Say what was tested, what was significant, and how the p-values lie as a whole."""
    size = scan.table.height
    tested = scan.family_size
    text = f"{format_count(tested)} of {format_count(size)} features were tested"
    others = _untested(scan)
    text += f" ({'; '.join(others)})." if others else "."
    if not tested:
        return (text,)
    found = thresholds_of(scan.table)
    holm = int((scan.table["p_holm"] <= ALPHA).sum())
    sentences = [text]
    sentences.append(
        f"{_number(found.n_significant)} at a false discovery rate of at most {100 * ALPHA:g}%, "
        f"{_number(holm, short=True)} with a family-wise error of at most {100 * ALPHA:g}% (Holm)."
    )
    best: dict[str, Any] = scan.top(1).row(0, named=True)
    name = shortened(labels.get(best["feature"], best["feature"]))
    p = format_small_p(best["p_value"])
    q = format_small_p(best["q_value"])
    sentences.append(
        f"The smallest p-value is that of {name} ({stated('p', p)}; {stated('q', q)})."
    )
    whole = scan.inflation[0] if scan.inflation else None
    if whole is not None and whole.value is not None:
        sentences.append(f"Lambda over all features is {whole.value:.2f}.")
    return tuple(sentences)


def _untested(scan: EndpointScan) -> list[str]:
    """Count the features without a p-value by the reason."""
    table = scan.table.filter(scan.table["p_value"].is_null())
    counts = sorted(table["status"].value_counts().iter_rows())
    return [
        f"{format_count(count)} not: {_STATUS.get(status, status.replace('_', ' '))}"
        for status, count in counts
    ]


def _number(count: int, *, short: bool = False) -> str:
    text = "none" if count == 0 else format_count(count)
    if short:
        return text
    noun = " feature is" if count == 1 else " features are"
    return "No feature is" if count == 0 else f"{text}{noun}"
