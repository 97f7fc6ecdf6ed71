"""The lines of Python by which a README compares exported embeddings as the run does, with NumPy alone."""

from __future__ import annotations

from explorer.measure.lifts import lift

_SHARES = """\
def shares(x):
    x = np.maximum(np.asarray(x, np.float64), 1e-8)
    return x / x.sum(axis=1, keepdims=True)
"""
_ROOTS = f"""{_SHARES}

def as_query(x):
    return np.sqrt(shares(x)).astype(np.float32)


as_item = as_query
"""
_LOGARITHMS = """

def with_entropy(x):
    p = shares(x)
    log = np.log(p) + np.log(p.shape[1])
    return p, log, (p * log).sum(axis=1, keepdims=True)
"""
_ONE_WAY = f"""{_SHARES}{_LOGARITHMS}

def as_query(x):
    p, log, own = with_entropy(x)
    return np.concatenate([p, own], axis=1, dtype=np.float32)


def as_item(x):
    p, log, own = with_entropy(x)
    return np.concatenate([log, -np.ones_like(own)], axis=1, dtype=np.float32)
"""
_BOTH_WAYS = f"""{_SHARES}{_LOGARITHMS}

def as_query(x):
    p, log, own = with_entropy(x)
    return np.concatenate([p, own, log, np.ones_like(own)], axis=1, dtype=np.float32)


def as_item(x):
    p, log, own = with_entropy(x)
    return np.concatenate([log, -np.ones_like(own), p, -own], axis=1, dtype=np.float32)
"""
_SIGNAL = """\
def centred(x):
    x = x - x.mean(axis=1, keepdims=True)
    return x, (x * x).sum(axis=1, keepdims=True)


def as_query(x):
    x, power = centred(x)
    signal = np.maximum(power, 1e-12)
    return np.concatenate([2 * x / signal, -1 / signal, 1 - power / signal], axis=1, dtype=np.float32)


def as_item(x):
    x, power = centred(x)
    return np.concatenate([x, power, np.ones_like(power)], axis=1, dtype=np.float32)
"""
_HYPERBOLOID = """\
def hyperboloid(x):
    x = np.asarray(x, np.float64)
    power = CURVATURE * (x * x).sum(axis=1, keepdims=True)
    space = 2 * CURVATURE**0.5 * x / np.maximum(1 - power, 1e-3)
    return space, np.sqrt(1 + (space * space).sum(axis=1, keepdims=True))


def as_query(x):
    space, time = hyperboloid(x)
    return np.concatenate([space, -time], axis=1, dtype=np.float32)


def as_item(x):
    space, time = hyperboloid(x)
    return np.concatenate([space, time], axis=1, dtype=np.float32)
"""
_LIFTS = {
    "snr": _SIGNAL,
    "bhattacharyya": _ROOTS,
    "matusita": _ROOTS,
    "kullback_leibler": _ONE_WAY,
    "jeffreys": _BOTH_WAYS,
}


def lift_lines(distance: str) -> str:
    """Return lines that define ``as_query`` and ``as_item``; empty where embeddings are compared as they are."""
    if distance.startswith("hyperbolic:"):
        return _HYPERBOLOID.replace("CURVATURE", distance.partition(":")[2])
    return _LIFTS.get(distance, "")


def with_lift(lines: str, lift: str) -> str:
    """Return lines that read, with those that define functions below them where there are some."""
    return f"{lines}\n\n{lift}\n\n" if lift else lines


def nearest_lines(distance: str) -> str:
    """Return lines that set ``nearest`` to the rows of ``vectors``, nearest to that of number ``row`` first."""
    lifted = bool(lift_lines(distance))
    lines = ["query, items = as_query(vectors[[row]]), as_item(vectors)"] if lifted else []
    query, items = ("query", "items") if lifted else ("vectors[row]", "vectors")
    if lift(distance).metric == "l2":
        lines.append(f"distances = np.square({items} - {query}).sum(axis=1)")
    else:
        lines.append(f"distances = -({items} @ {'query[0]' if lifted else query})")
    return "\n".join([*lines, 'nearest = np.argsort(distances, kind="stable")'])


def compared_by(distance: str) -> str:
    """Return in words how rows are compared."""
    name = distance.partition(":")[0].replace("_", " ")
    if lift_lines(distance):
        return f"the distance {name}, which the lines below make an inner product or a squared L2"
    if lift(distance).metric == "l2":
        return f"the {name} distance: the square of it orders alike"
    return f"the {name} distance: the larger the inner product, the nearer"
