"""What scikit-learn and NumPy make of the tables in test/data/tables: python3 test/golden/make-tables.py"""
import json
import os

import numpy as np
from sklearn.preprocessing import LabelEncoder, MinMaxScaler, StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

HERE = os.path.dirname(os.path.abspath(__file__))


def table(name):
    with open(os.path.join(HERE, '..', 'data', 'tables', name)) as file:
        rows = [line.strip().split(',') for line in file]
    return rows[0], rows[1:]


def statistics(values):
    """Of f32 values, in double."""
    values = values.astype(np.float32).astype(np.float64)
    standard, ranged = StandardScaler().fit(values), MinMaxScaler().fit(values)
    return {
        'mean': standard.mean_.tolist(), 'deviation': np.sqrt(standard.var_).tolist(), 'scale': standard.scale_.tolist(),
        'minimum': ranged.data_min_.tolist(), 'maximum': ranged.data_max_.tolist(), 'range': ranged.data_range_.tolist(),
        'all': {'mean': values.mean(), 'deviation': values.std()},
    }


def inputs(name):
    _, rows = table(name)
    return np.array([[float(cell) for cell in row[:-1]] for row in rows])


def normalised(values, scale=1.0, offset=0.0):
    """Rows as scalers see them that were fitted on all, f32 values in double; first and last."""
    def of(seen):
        return np.concatenate([seen[:4], seen[-1:]]).tolist()

    values = values.astype(np.float32).astype(np.float64) * scale + offset
    return {
        'standard': of(StandardScaler().fit_transform(values)), 'minMax': of(MinMaxScaler().fit_transform(values)),
        'standardAll': of(StandardScaler().fit_transform(values.reshape(-1, 1)).reshape(values.shape)),
        'minMaxAll': of(MinMaxScaler().fit_transform(values.reshape(-1, 1)).reshape(values.shape)),
    }


far = 1e6 + np.array([[4.0, 5], [7, 5], [13, 5], [16, 5]])  # means far from the deviations, and a constant
diabetes, iris = inputs('diabetes.csv'), inputs('iris.csv')
_, iris_rows = table('iris.csv')
_, cancer_rows = table('breast-cancer.csv')
diagnosis = [row[-1] for row in cancer_rows]
bmi = diabetes[:, 2]
pixels = (np.arange(60 * 7).reshape(60, 7) ** 2 * 37) % 256 * np.array([1, 1, 1, 1, 1, 1, 0]) + np.array([0, 0, 0, 0, 0, 0, 9])  # one constant
golden = {
    'statistics': {'iris.csv': statistics(iris), 'breast-cancer.csv': statistics(inputs('breast-cancer.csv')), 'diabetes.csv': statistics(diabetes), 'far': statistics(far)},
    'normalised': {
        'iris.csv': normalised(iris), 'breast-cancer.csv': normalised(inputs('breast-cancer.csv')), 'diabetes.csv': normalised(diabetes),
        'far': normalised(far), 'bytes': normalised(pixels, 1 / 127.5, -1.0),
    },
    'labels': {'classes': LabelEncoder().fit(diagnosis).classes_.tolist(), 'first': LabelEncoder().fit_transform(diagnosis)[:40].tolist()},
    'balanced': compute_sample_weight('balanced', diagnosis)[:40].tolist(),
    'bmi': {
        'quantiles': np.quantile(bmi, [0.01, 0.99]).tolist(), 'mean': bmi.mean(), 'median': np.median(bmi),
        'deviations': [bmi.mean() - 2 * bmi.std(), bmi.mean() + 2 * bmi.std()],
        'clipped': np.clip(bmi, *np.quantile(bmi, [0.01, 0.99])).mean(),
    },
}
with open(os.path.join(HERE, 'tables.json'), 'w') as file:
    json.dump(golden, file)
