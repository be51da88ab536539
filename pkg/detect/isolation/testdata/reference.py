"""Writes reference.json: scores of scikit-learn's IsolationForest, the mean of ten forests.

    pip install scikit-learn
    python reference.py > reference.json
"""
import json

import numpy as np
import sklearn
from sklearn.ensemble import IsolationForest

rng = np.random.default_rng(7)
blobs = np.concatenate([rng.normal(0, 1, (400, 2)), rng.normal(6, 0.5, (200, 2)), rng.uniform(-8, 12, (20, 2))])
heavy = rng.standard_t(3, (600, 4))
day = np.arange(600)
season = np.column_stack([np.sin(day / 24 * 2 * np.pi) + rng.normal(0, 0.2, 600), rng.gamma(2, 1, 600), np.ones(600)])
sets = {"blobs": blobs, "heavy tails": heavy, "season, gamma and a constant": season}
out = []
for name, rows in sets.items():
    rows = np.round(rows, 2)
    scores = sum(-IsolationForest(n_estimators=100, max_samples=256, random_state=s).fit(rows).score_samples(rows) for s in range(10)) / 10
    out.append({"name": name, "rows": rows.tolist(), "scores": np.round(scores, 5).tolist()})
print(json.dumps({"sklearn": sklearn.__version__, "cases": out}, separators=(",", ":")))
