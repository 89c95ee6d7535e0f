"""Writes what was measured: RESULTS.md for people, a JSON file for programs."""

import datetime
import json
import os
import platform
import re
import subprocess


def _output_of(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def machine(build):
    """The kind of machine, without its name."""
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        model = re.search(r"model name\s*:\s*(.*)", cpuinfo.read())
    with open("/proc/meminfo", encoding="utf-8") as meminfo:
        memory_kib = int(re.search(r"MemTotal:\s*(\d+)", meminfo.read()).group(1))
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        is_virtual = " hypervisor " in cpuinfo.read()
    redis = re.search(r"v=(\S+)", _output_of("redis-server", "--version"))
    return {
        "CPU": f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} cores"
        + (", virtual machine" if is_virtual else ""),
        "memory": f"{memory_kib / 2**20:.0f} GiB",
        "kernel": re.match(r"[\d.]+", platform.release()).group(0),
        "compiler": _compiler(build),
        "redis-server": redis.group(1) if redis else "?",
        "date": datetime.date.today().isoformat(),
    }


def _compiler(build):
    try:
        with open(os.path.join(build, "CMakeCache.txt"), encoding="utf-8") as cache:
            path = re.search(r"CMAKE_CXX_COMPILER:\w+=(.*)", cache.read()).group(1)
    except (OSError, AttributeError):
        return "?"
    # "Debian clang version 19.1.7 (3~deb12u1)" and the like: the name and the version are enough.
    first_line = _output_of(path, "--version").split("\n")[0]
    version = re.search(r"\d+\.\d+\.\d+", first_line)
    return f"{'clang' if 'clang' in first_line else 'g++'} {version.group(0) if version else '?'}"


def _number(value, unit=""):
    if value is None:
        return "–"
    if unit == "share":
        return f"{value:.3%}"
    return f"{value:.3f}" if unit == "us" else f"{value:.2f}" if unit in ("ms", "KiB") else f"{value:.1f}"


def _table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def _throughput_tables(rows, names):
    rates, costs, ratios = [], [], []
    for row in rows:
        values = row.values
        rates.append([row.name] + [f"{values[n]['rate'] / 1e3:,.0f}" if n in values else "–" for n in names])
        costs.append(
            [row.name]
            + [
                f"{values[n]['cpu_us']:.3f} ({values[n]['cpu_user_us']:.3f}), {values[n]['busy']:.0%}" if n in values else "–"
                for n in names
            ]
        )
        if of := row.details["of"]:
            cells = [f"{of[p]['rate']:.2f} ({of[p]['cpu']:.2f})" if p in of else "–" for p in ("floor", "redis")]
            ratios.append([row.name] + cells + [row.target, row.verdict])
    parts = ["Thousand requests per second:", _table(["line"] + names, rates)]
    parts += [
        "Server CPU, microseconds a request (of them in user space), and how busy its core was. Below about 95 % the"
        " load or the machine was the limit and the ratio of CPU tells more than that of rates.",
        _table(["line"] + names, costs),
    ]
    if ratios:
        parts += [
            "Zedis against the others: ratio of rates (ratio of CPU per request). The target is for rates;"
            " *CPU only* means that the ratio of CPU reaches it and that of rates does not.",
            _table(["line", "of floor", "of redis", "target", "verdict"], ratios),
        ]
    return parts


def _plain_table(rows):
    names = list(dict.fromkeys(name for row in rows for name in row.values))
    body = [
        [row.name, row.details.get("unit", "")]
        + [_number(row.values.get(n), row.details.get("unit", "")) for n in names]
        + [row.target, row.verdict]
        for row in rows
    ]
    return _table(["what", "unit"] + names + ["target", "verdict"], body)


def write(path, machine_facts, sections, arguments):
    """`sections`: title -> rows. Sections without rows are left out."""
    parts = [
        "# Results",
        f"Written by `bench/compare.py{arguments}`. All servers ran in turn on the same machine, the server on one core"
        " and the load on another; every figure is a median. Ratios carry over to other machines, figures do not."
        " *floor* is `bench/floor.cc`: a server that only reads requests and answers with a constant.",
        _table(["machine", ""], [[name, value] for name, value in machine_facts.items()]),
    ]
    for title, rows in sections.items():
        if not rows:
            continue
        parts.append("## " + title)
        if "of" in rows[0].details:
            names = list(dict.fromkeys(name for row in rows for name in row.values))
            parts += _throughput_tables(rows, names)
        else:
            parts.append(_plain_table(rows))
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n\n".join(parts) + "\n")


def write_json(path, machine_facts, sections):
    content = {"machine": machine_facts, "sections": {t: [vars(row) for row in rows] for t, rows in sections.items()}}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.write("\n")
