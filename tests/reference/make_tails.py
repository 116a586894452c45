"""tests/golden/tails.json: tails of distributions down to 1e-300, from 60 digits of mpmath."""

import mpmath as mp
from scipy import special, stats

from golden import write_golden

mp.mp.dps = 60

STUDENT = [(37.2, 1e5), (38.0, 1e4), (1e4, 60), (1e100, 3), (2.5e5, 57), (1e60, 5), (12.5, 30), (2.0422724563012373, 30),
           (5, 2.5), (1e-8, 4), (0.3, 1e8), (36.9, 1e9)]
FISHER = [(3, 2, 7), (25, 4, 100), (1e3, 3, 200), (1e30, 10, 20), (1e6, 5, 101), (700, 2, 5000), (1e-3, 6, 9),
          (2.5, 1e4, 40), (3e100, 1, 6), (0.5, 13, 17), (18000, 8, 140), (1e99, 2, 6)]
BETA = [(2, 3, 1e-150), (0.5, 0.5, 1e-300), (1, 5, 1e-300), (300, 2, 0.1), (1e3, 1e3, 0.2), (50, 0.1, 1e-6),
        (2.5, 1e6, 1e-9), (1000, 5, 0.505), (30, 40, 0.6), (1e-3, 7, 0.25), (5e4, 5e4, 0.4415)]
NORMAL = [0.1, 0.84375, 1, 5, 10, 20, 26, 26.2]


def beta(a, b, x):
    """I_x(a, b) as a series of positive terms (DLMF 8.17.8)."""
    a, b, x = map(mp.mpf, (a, b, x))
    series = mp.hyp2f1(a + b, 1, a + 1, x, maxterms=10**7)
    return x**a * (1 - x)**b / (a * mp.beta(a, b)) * series


def student(t, n):
    """P(|t| ≥ t)."""
    t, n = mp.mpf(t), mp.mpf(n)
    return beta(n / 2, mp.mpf(1) / 2, n / (n + t * t))


def fisher(f, n, m):
    """P(F ≥ f)."""
    f, n, m = map(mp.mpf, (f, n, m))
    return beta(m / 2, n / 2, m / (m + n * f))


def main():
    body = {
        "student": [{"t": t, "degrees": n, "p": student(t, n)} for t, n in STUDENT],
        "f": [{"f": f, "degrees": n, "residual_degrees": m, "p": fisher(f, n, m)} for f, n, m in FISHER],
        "beta": [{"a": a, "b": b, "x": x, "p": beta(a, b, x)} for a, b, x in BETA],
        "normal": [{"x": x, "erfc": mp.erfc(mp.mpf(x))} for x in NORMAL],
    }
    for case in body["student"]:
        check(case["p"], 2 * stats.t.sf(case["t"], case["degrees"]))
    for case in body["f"]:
        check(case["p"], stats.f.sf(case["f"], case["degrees"], case["residual_degrees"]))
    for case in body["beta"]:
        check(case["p"], special.betainc(case["a"], case["b"], case["x"]))
    for case in body["normal"]:
        check(case["erfc"], special.erfc(case["x"]))
    plain = {kind: [{k: float(v) for k, v in case.items()} for case in cases] for kind, cases in body.items()}
    tolerance = {"relative": 1e-11, "reason": "Ten digits are asked for; the exponent of a tail of 1e-300 costs three."}
    write_golden("tails.json", "make_tails.py", ["mpmath", "scipy"], tolerance, plain)


def check(exact, found):
    if abs(found / float(exact) - 1) > 1e-9:
        print(f"scipy has {found}, not {float(exact)}")


if __name__ == "__main__":
    main()
