"""The tables of docs/PERFORMANCE.md, from results."""

import statistics

MARKERS = ["<!-- bench/peers/compare.py writes from here", "<!-- to here -->"]
PEERS = ["PyTorch", "Keras", "engine"]


def median(result, mode, key="milliseconds"):
    return statistics.median(t[key] for t in result["turns"][mode])


def fastest(result, modes):
    """Returns the fastest of modes, None if none took turns."""
    return min((m for m in result["turns"] if m in modes), key=lambda m: median(result, m), default=None)


def ratio(result, mode):
    """Returns how many times as fast cnntrain was, in the median round and in the rounds at both ends."""
    rs = sorted(p["milliseconds"] / o["milliseconds"] for o, p in zip(result["turns"]["cnntrain"], result["turns"][mode]))
    return statistics.median(rs), rs[0], rs[-1]


def number(x):
    return f"{x:,.0f}" if x >= 100 else f"{x:.3g}"


def spread(values):
    values = sorted(values)
    return f"{number(statistics.median(values))} ({number(values[0])} to {number(values[-1])})"


def leanest(result):
    return min((m for m in result["modes"] if "peak_memory" in result["modes"][m]), key=lambda m: result["modes"][m]["peak_memory"], default=None)


def line(result):
    """One line for a terminal."""
    peer = fastest(result, [m for m in result["turns"] if m != "cnntrain"])
    parts = [result["key"], f"{result['threads']} threads:", f"{median(result, 'cnntrain'):.2f} ms,"]
    parts += [f"{m} {median(result, m):.2f}," for m in result["turns"] if m != "cnntrain"]
    if peer:
        parts.append("ratio {:.2f} ({:.2f} to {:.2f})".format(*ratio(result, peer)))
    return " ".join(parts)


def what(result):
    size = result["size"]
    return f"{result['name']}, {size}x{size}"


def speeds(results, modes, inference):
    names = PEERS if inference else PEERS[:2]
    heads = ["model", "batch", "threads", "cnntrain", *({"engine": "inference engines"}.get(n, n) for n in names), "ratio to the fastest", "GFLOP/s"]
    lines = ["| " + " | ".join(heads) + " |", "| --- " * len(heads) + "|"]
    for r in results:
        if r["inference"] != inference:
            continue
        cells = [what(r), str(r["batch"]), str(r["threads"]), spread([t["milliseconds"] for t in r["turns"]["cnntrain"]])]
        for n in names:
            m = fastest(r, [m for m in modes if modes[m][0] == n])
            cells.append(f"{m} {spread([t['milliseconds'] for t in r['turns'][m]])}" if m else "")
        m = fastest(r, modes)
        cells.append("{:.2f} ({:.2f} to {:.2f})".format(*ratio(r, m)) if m else "")
        cells.append(f"{median(r, 'cnntrain', 'gflops'):.0f} of {max(t['ceiling_gflops'] for t in r['turns']['cnntrain']):.0f}")
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def all_modes(results, modes):
    used = [m for m in modes if any(m in r["modes"] for r in results)]
    lines = ["| model | batch | threads | " + " | ".join(used) + " |", "| --- " * (len(used) + 3) + "|"]
    for r in results:
        cell = lambda m: number(r["modes"][m]["milliseconds"]) if "milliseconds" in m_of(r, m) else "failed" if m in r["modes"] else ""  # noqa: E731
        name = what(r) + (", inference" if r["inference"] else "")
        lines.append("| " + " | ".join([name, str(r["batch"]), str(r["threads"]), *(cell(m) for m in used)]) + " |")
    return lines


def m_of(result, mode):
    return result["modes"].get(mode, {})


def memory(results, modes):
    lines = ["| model | batch | cnntrain | leanest peer | the peer | PyTorch | Keras |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for r in results:
        m = leanest(r)
        if m is None or r["threads"] != max(x["threads"] for x in results):
            continue
        mb = lambda x: f"{x / 2**20:,.0f}"  # noqa: E731

        def cell(mode):
            if mode is None:
                return ""
            p = r["modes"][mode]
            return f"{mode} {mb(p['peak_memory'])} ({mb(p['peak_memory'] - p['before'])})"

        of = lambda name: min((x for x in r["modes"] if modes[x][0] == name and "peak_memory" in r["modes"][x]),  # noqa: E731
                              key=lambda x: r["modes"][x]["peak_memory"], default=None)
        ours = r["turns"]["cnntrain"]
        own = max(t["planned_memory"] + t["scratch_memory"] for t in ours)
        peak = max(t["peak_memory"] for t in ours)
        share = peak / r["modes"][m]["peak_memory"]
        brackets = f" ({mb(own)})" if not r["inference"] else ""
        lines.append(f"| {what(r)}{', inference' * r['inference']} | {r['batch']} | {mb(peak)}{brackets} | {share:.2f} | {modes[m][0]} | {cell(of('PyTorch'))} | {cell(of('Keras'))} |")
    return lines


def words(n, noun):
    return f"{n} {noun}{'s' * (n != 1)}"


def agreement(checks, results):
    """Returns lines that say how near the numbers of the peers are."""
    lines = []
    for inference in (False, True):
        keys = {r["key"] for r in results if r["inference"] == inference}
        ds = [d["differences"] for k in keys for d in checks.get(k, {}).values() if "differences" in d]
        if not ds:
            continue
        count = f"({words(len(ds), 'mode')} of {words(len(keys & set(checks)), 'model')} checked)"
        if inference:
            lines.append(f"Probabilities are within {max(d[0] for d in ds):.1g} {count}.")
        else:
            lines += [f"From the same weights and images, the first losses of the peers are within {max(d[0] for d in ds):.1g} of ours, those",
                      f"of the third step within {max(d[-1] for d in ds):.1g} {count}. All have as many parameters."]
    return lines


def text(done, results, modes):
    versions = sorted({m["version"] for r in results for m in r["modes"].values() if "version" in m})
    turns = [t for r in results for ts in r["turns"].values() for t in ts]
    busy = [t for t in turns if not t["idle"]]
    dates = sorted({r["date"] for r in results})
    rounds = sorted({len(r["turns"]["cnntrain"]) for r in results})
    lines = [
        f"Milliseconds a step: median of {rounds[0]} turns or more, and the turns at both ends in brackets. The ratio is",
        "the median over rounds, beside the peer whose median is lowest. GFLOP/s are cnntrain's, of the",
        "textbook algorithm, beside those of multiply-adds alone on this machine.",
        f"{done['machine']}. {' to '.join(sorted({dates[0], dates[-1]}))}.",
        ", ".join(versions) + ".",
        f"Other programs or the host took more than 5% of a core in {len(busy)} of {len(turns)} turns"
        + (f" ({max(t['others'] for t in turns):.0%} and {max(t['steal'] for t in turns):.0%} at most)." if busy else "."),
        *agreement(done.get("checks", {}), results),
        "", "Training:", "", *speeds(results, modes, False), "", "Inference:", "", *speeds(results, modes, True), "",
        "All modes, each in one turn only (the fast ones then took the turns above; empty: not measured):", "", *all_modes(results, modes), "",
        f"Memory, {max(r['threads'] for r in results)} threads: peak of the process in MB, and in brackets without what the libraries",
        "take before a model is built (for cnntrain: what `bench` shows as planned and scratch memory). The",
        "leanest mode of each peer; \"leanest peer\" is our peak divided by the lowest of theirs.", "", *memory(results, modes),
    ]
    return "\n".join(lines)


def write(path, done, results, modes):
    """Replaces what is between the markers in the file at path."""
    with open(path) as f:
        doc = f.read()
    begin = doc.index("\n", doc.index(MARKERS[0])) + 1
    end = doc.index(MARKERS[1])
    new = doc[:begin] + "\n" + text(done, results, modes) + "\n\n" + doc[end:]
    with open(path, "w") as f:
        f.write(new)
