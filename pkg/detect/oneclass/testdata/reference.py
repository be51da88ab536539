"""Writes reference.json: decision values of scikit-learn's OneClassSVM, which is LIBSVM's.

    pip install scikit-learn
    python reference.py > reference.json
"""
import json

import numpy as np
import sklearn
from sklearn.svm import OneClassSVM

rng = np.random.default_rng(7)
blobs = np.concatenate([rng.normal(0, 1, (120, 2)), rng.normal(6, 0.5, (60, 2))])
moon = np.linspace(0, np.pi, 150)
moon = np.column_stack([10 * np.cos(moon), 10 * np.sin(moon), rng.normal(0, 1, 150)]) + rng.normal(0, 0.3, (150, 3))
heavy = rng.standard_t(3, (200, 4))
counts = rng.poisson(0.3, (160, 2)).astype(float)  # many equal rows
sets = {"blobs": blobs, "moon": moon, "heavy tails": heavy, "counts": counts}
out = []
for name, rows in sets.items():
    rows = np.round(rows, 3)
    lo, hi = rows.min(0), rows.max(0)
    queries = np.round(np.concatenate([rows[:20], rng.uniform(lo - 2, hi + 2, (40, rows.shape[1])), [hi * 50]]), 3)
    for nu, gamma in [(0.05, "scale"), (0.3, "scale"), (0.1, 0.7)]:
        m = OneClassSVM(nu=nu, gamma=gamma, tol=1e-6).fit(rows)
        out.append({
            "name": f"{name}, nu {nu}, gamma {gamma}", "nu": nu, "gamma": 0 if gamma == "scale" else gamma,
            "rows": rows.tolist(), "queries": queries.tolist(), "vectors": int(len(m.support_)),
            "rho": round(float(-m.intercept_[0]), 7), "decisions": np.round(m.decision_function(queries), 7).tolist(),
        })
print(json.dumps({"sklearn": sklearn.__version__, "cases": out}, separators=(",", ":")))
